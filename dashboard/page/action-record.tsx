import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ActionsReport } from '../api/wire.ts';
import { useLoaded } from './loaded.ts';
import { Ago } from './table-figures.tsx';
import { hasToken } from './token.ts';

const REFRESH_MS = 10_000;
const SHOWN = 12;

/** Grows with each action of this tab, so that the record is read anew at once. */
const generation = signal(0);

export function actionsChanged(): void {
  generation.value += 1;
}

/** Who did what to a table, and when: the newest first. */
export function ActionRecord({ table }: { table: string }): JSX.Element {
  return (
    <section class="panel action-record" aria-label="What was done">
      <h2>What was done</h2>
      {hasToken() ? (
        <Recorded key={generation.value} table={table} />
      ) : (
        <p class="dim">
          Who did what is shown to who has the token: open the page with what <code>sluice dashboard</code> prints.
        </p>
      )}
    </section>
  );
}

function Recorded({ table }: { table: string }): JSX.Element {
  const { value, error } = useLoaded<ActionsReport>('/api/v1/actions', REFRESH_MS).value;
  if (error !== undefined) return <p class="problem">{`${error.message} ${error.remedy ?? ''}`}</p>;
  if (value === undefined) return <p class="dim">Reading the record…</p>;
  const its = value.actions.filter((action) => action.table === table).slice(0, SHOWN);
  if (its.length === 0) return <p class="dim">Nobody has done anything to this table in the last 30 days.</p>;
  return (
    <ol>
      {its.map(({ id, askedAtMs, action, by, via, arguments: rest, end }) => (
        <li key={id} data-outcome={end?.outcome ?? 'under way'}>
          <b>{[action, ...inWords(rest)].join(' ')}</b> by {by}{' '}
          <span class="dim">
            <Ago ms={askedAtMs} />, {via === 'cli' ? 'from a shell' : 'here'}
          </span>{' '}
          <span class="outcome">
            {end === null ? 'under way' : `${end.outcome}${end.message && `: ${end.message}`}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** `full repair` of `{ "mode": "full", "repair": true }`. */
function inWords(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).map(([name, value]) => (value === true ? name : String(value)));
}
