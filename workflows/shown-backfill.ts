import { many } from '../plans/amounts.ts';
import type { BackfillState, BackfillStatus } from './backfill-protocol.ts';
import { showState } from './shown-state.ts';
import { backfillText } from './work-text.ts';

/** What it does in each state, and what somebody should do about it. */
const STATES: Readonly<
  Record<BackfillState, (command: (name: string) => string) => { readonly doing: string; readonly toDo: string }>
> = {
  Proposed: (command) => ({
    doing: 'It waits for an approval. Nothing has been read or written yet.',
    toDo: `Look at it with ${command('show')}; then ${command('approve')}, or ${command('cancel')}.`,
  }),
  Deriving: () => ({
    doing: 'Records are read again, and their rows derived anew, beside the table: nobody sees them yet.',
    toDo: 'Nothing.',
  }),
  Merging: () => ({
    doing: 'What was derived is put into copies of the partitions; then all is shown at once.',
    toDo: 'Nothing.',
  }),
  Waiting: () => ({ doing: 'It lets others finish, and goes on by itself.', toDo: 'Nothing.' }),
  Paused: (command) => ({
    doing: 'It begins nothing new. What is derived stays.',
    toDo: `${command('resume')}, or ${command('cancel')}.`,
  }),
  Degraded: () => ({
    doing: 'It tries again by itself. Nothing of it is visible half-made.',
    toDo: 'Mend what the reason names; it goes on by itself.',
  }),
  Stopped: (command) => ({
    doing: 'It waits for a decision: trying again by itself would not help.',
    toDo: `Do what the reason says, then ${command('resume')}; or ${command('cancel')}.`,
  }),
  Cancelled: () => ({ doing: 'It has ended.', toDo: 'Nothing. The next vacuum deletes what it had derived.' }),
  Done: () => ({ doing: 'It has ended.', toDo: 'Nothing.' }),
};

/** Shows where a backfill stands in the Temporal UI. */
export function showBackfill(status: BackfillStatus): void {
  const { table, number, state, sinceMs, reason, unitsDone, unitsLeft, publicationFailure } = status;
  const { doing, toDo } = STATES[state]((name) => `\`sluice backfill ${name} ${table} ${number}\``);
  showState({
    ...{ table, kind: `Backfill ${number}`, state, sinceMs, why: reason, doing },
    toDo: publicationFailure === null ? toDo : `Hive lags behind. ${publicationFailure}`,
    figures: [
      `${many(unitsDone, 'unit')} derived${unitsLeft === null ? '' : `, ${unitsLeft} left`}`,
      `${many(status.rows, 'row')}, ${status.rejectedRows} rejected`,
      `${many(status.merges, 'partition')} merged`,
    ],
    startedWith: backfillText(status),
  });
}
