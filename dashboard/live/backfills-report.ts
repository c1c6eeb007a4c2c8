import type { KnownBackfill } from '../../backfill/list-backfills.ts';
import { offsetsIn } from '../../plans/backfill.ts';
import { type BackfillState, type BackfillStatus, backfillWorkflowId } from '../../workflows/backfill-protocol.ts';
import type { BackfillReport } from '../api/backfill-wire.ts';
import { type TemporalUi, workflowUrl } from './table-report.ts';

/** By the lake alone. Whether one that runs is paused, only its workflow knows. */
const BY_LAKE: Readonly<Record<KnownBackfill['state'], readonly [BackfillState, string]>> = {
  proposed: ['Proposed', 'It waits for an approval.'],
  running: ['Deriving', 'Its workflow does not answer; the lake says that it has begun.'],
  committing: ['Merging', 'It is being committed, whatever happens.'],
  cancelled: ['Cancelled', 'Nothing of it is or will be visible.'],
  done: ['Done', 'Every record of its offsets is in the table, or rejected, once.'],
};

export function hasEnded({ state }: KnownBackfill): boolean {
  return state === 'done' || state === 'cancelled';
}

/** @param status what its workflow says, if it answers */
export function backfillReport(known: KnownBackfill, status: BackfillStatus | null, ui: TemporalUi): BackfillReport {
  const { plan, units, unitsDone, rows, rejectedRows } = known;
  const [state, words] = status === null || hasEnded(known) ? BY_LAKE[known.state] : [status.state, status.reason];
  return {
    number: plan.number,
    scope: plan.scope,
    state,
    words,
    plannedAtMs: plan.plannedAtMs,
    plannedBy: plan.plannedBy,
    offsets: String(offsetsIn(plan.ranges)),
    ...{ units, unitsDone, rows, rejectedRows },
    workflowUrl: workflowUrl(ui, backfillWorkflowId(plan)),
  };
}
