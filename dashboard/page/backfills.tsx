import type { JSX } from 'preact';
import type { BackfillReport, BackfillsReport } from '../api/backfill-wire.ts';
import { count, many } from '../quantities.ts';
import { ActionButton } from './action-dialog.tsx';
import type { BackfillActionName } from './action-words.ts';
import { BackfillButton } from './backfill-dialog.tsx';
import { useLoaded } from './loaded.ts';
import { Ago } from './table-figures.tsx';

const REFRESH_MS = 2_000;

/** What can be asked of a backfill in each state. */
const ACTIONS: Readonly<Record<BackfillReport['state'], readonly BackfillActionName[]>> = {
  Proposed: ['approve-backfill', 'cancel-backfill'],
  Deriving: ['pause-backfill', 'cancel-backfill'],
  Merging: ['pause-backfill', 'cancel-backfill'],
  Waiting: ['pause-backfill', 'cancel-backfill'],
  Degraded: ['resume-backfill', 'pause-backfill', 'cancel-backfill'],
  Paused: ['resume-backfill', 'cancel-backfill'],
  Stopped: ['resume-backfill', 'cancel-backfill'],
  Cancelled: [],
  Done: [],
};

/** A table's backfills, newest first: what each is for, how far it has come, and what can be done about it. */
export function Backfills({ table }: { table: string }): JSX.Element {
  const { value, error } = useLoaded<BackfillsReport>(
    `/api/v1/tables/${encodeURIComponent(table)}/backfills`,
    REFRESH_MS,
  ).value;
  return (
    <section class="panel backfills" aria-label="Backfills">
      <header>
        <h2>Backfills</h2>
        <BackfillButton table={table} scope="all" verb="Backfill" />
      </header>
      {error !== undefined && (
        <p class="problem" role="alert">
          {error.message} {error.remedy}
        </p>
      )}
      {value?.backfills.length === 0 && (
        <p class="dim">None yet. One derives old records anew by the current definition, and replaces their rows.</p>
      )}
      <ol>
        {value?.backfills.map((backfill) => (
          <Backfill key={backfill.number} table={table} backfill={backfill} />
        ))}
      </ol>
    </section>
  );
}

function Backfill({ table, backfill }: { table: string; backfill: BackfillReport }): JSX.Element {
  const { number, scope, state, words, plannedAtMs, plannedBy, offsets, units, unitsDone, rows, rejectedRows } =
    backfill;
  const of = many(Number(offsets), scope === 'all' ? 'record' : 'rejected record');
  return (
    <li data-backfill={number} data-state={state}>
      <p>
        <a class="outside" href={backfill.workflowUrl}>
          {number}
        </a>{' '}
        <b class="backfill-word" data-state={state}>
          {state}
        </b>{' '}
        {words}
      </p>
      <progress
        value={unitsDone}
        max={Math.max(1, units)}
        aria-label={`Backfill ${number}: ${unitsDone} of ${many(units, 'unit')} derived`}
      />
      <p class="dim">
        {count(unitsDone)} of {many(units, 'unit')}, up to {of}
        {rows !== null && rejectedRows !== null && `: ${many(rows, 'row')}, ${count(rejectedRows)} rejected`} · planned
        by {plannedBy} <Ago ms={plannedAtMs} />
      </p>
      {ACTIONS[state].length > 0 && (
        <p class="actions">
          {ACTIONS[state].map((name) => (
            <ActionButton key={name} name={name} table={table} number={number} />
          ))}
        </p>
      )}
    </li>
  );
}
