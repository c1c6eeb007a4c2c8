import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { OutlookReport } from '../api/backfill-wire.ts';
import type { ActionAnswer, ApiError } from '../api/wire.ts';
import { bytes, count, duration, many } from '../quantities.ts';
import { NoToken, Who, whoAsks } from './action-dialog.tsx';
import { actionsChanged } from './action-record.tsx';
import { act, hasToken, read } from './token.ts';

/** What somebody is about to plan. */
interface Plan {
  readonly table: string;
  readonly scope: 'all' | 'rejected';
}

/** What is asked for, as the API takes it. */
interface Asked {
  readonly scope: string;
  readonly from: string;
  readonly to: string;
}

type Step =
  | { readonly at: 'range'; readonly problem?: string }
  | { readonly at: 'planning' }
  | { readonly at: 'outlook'; readonly asked: Asked; readonly outlook: OutlookReport; readonly problem?: string }
  | { readonly at: 'proposing'; readonly asked: Asked; readonly outlook: OutlookReport }
  | { readonly at: 'proposed'; readonly number: number };

const MAX_RANGES_SHOWN = 6;
const MAX_PARTITIONS_SHOWN = 6;

const plan = signal<Plan | undefined>(undefined);
const step = signal<Step>({ at: 'range' });

export function BackfillButton({ table, scope, verb }: Plan & { verb: string }): JSX.Element {
  return (
    <button
      type="button"
      class="action"
      data-action={scope === 'all' ? 'backfill' : 'redrive'}
      onClick={() => {
        step.value = { at: 'range' };
        plan.value = { table, scope };
      }}
    >
      {verb}…
    </button>
  );
}

/** Where a backfill is planned: which records, what would become of them, and who proposes it. Planning changes nothing. */
export function BackfillDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const planned = plan.value;
  useEffect(() => {
    if (planned === undefined) dialog.current?.close();
    else dialog.current?.showModal();
  }, [planned]);
  const close = (): void => {
    plan.value = undefined;
  };
  return (
    <dialog ref={dialog} class="action-dialog backfill-dialog" aria-labelledby="backfill-title" onClose={close}>
      {planned !== undefined && (
        <>
          <h2 id="backfill-title">
            {planned.scope === 'all' ? `Backfill ${planned.table}` : `Redrive what ${planned.table} rejected`}
          </h2>
          {hasToken() ? <Steps plan={planned} onClose={close} /> : <NoToken onClose={close} />}
        </>
      )}
    </dialog>
  );
}

function Steps({ plan: planned, onClose }: { plan: Plan; onClose: () => void }): JSX.Element {
  const now = step.value;
  if (now.at === 'range' || now.at === 'planning') return <Range plan={planned} step={now} onClose={onClose} />;
  if (now.at === 'proposed') {
    return (
      <>
        <p class="answer" role="status">
          Backfill {now.number} is kept, and waits for an approval: it is in the list of backfills on the table’s page.
        </p>
        <p class="dialog-buttons">
          <button type="button" onClick={onClose}>
            Close
          </button>
        </p>
      </>
    );
  }
  return <Propose table={planned.table} step={now} onClose={onClose} />;
}

function Range(props: {
  plan: Plan;
  step: Extract<Step, { at: 'range' | 'planning' }>;
  onClose: () => void;
}): JSX.Element {
  const { plan: planned, step: now, onClose } = props;
  const isAll = planned.scope === 'all';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void ask(planned, new FormData(event.currentTarget));
      }}
    >
      <p>
        {isAll
          ? 'Records of this time, by Kafka’s own timestamps, are derived anew by the definition as it is now, and replace what the table holds of them.'
          : 'Every record that is rejected now is derived anew by the definition as it is now: each ends in the table, or rejected again.'}{' '}
        First you see what it would do.
      </p>
      <div class="range">
        <label class="who">
          From{isAll ? '' : ', if not all'}
          <input
            name="from"
            required={isAll}
            maxLength={40}
            placeholder="2h, or 2026-11-23T05:00:00Z"
            autocomplete="off"
          />
        </label>
        <label class="who">
          To, if not now
          <input name="to" maxLength={40} placeholder="1h, or 2026-11-23T07:00:00Z" autocomplete="off" />
        </label>
      </div>
      <p class="answer" role="status" data-problem={now.at === 'range' && now.problem !== undefined}>
        {now.at === 'planning' ? 'Kafka and the log are asked…' : (now.problem ?? '')}
      </p>
      <p class="dialog-buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={now.at === 'planning'}>
          Show what it would do
        </button>
      </p>
    </form>
  );
}

function Propose(props: {
  table: string;
  step: Extract<Step, { at: 'outlook' | 'proposing' }>;
  onClose: () => void;
}): JSX.Element {
  const { table, step: now, onClose } = props;
  const form = useRef<HTMLFormElement>(null);
  // Who works by keys goes on from here.
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        void propose(table, now, new FormData(event.currentTarget));
      }}
    >
      <Outlook outlook={now.outlook} />
      <p class="dim">Nothing has been done. Proposed, it waits until somebody approves it.</p>
      <Who />
      <p class="answer" role="status">
        {now.at === 'proposing' ? 'Asking…' : (now.problem ?? '')}
      </p>
      <p class="dialog-buttons">
        <button type="button" onClick={() => (step.value = { at: 'range' })}>
          Back
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class="primary" disabled={now.at === 'proposing'}>
          Propose
        </button>
      </p>
    </form>
  );
}

function Outlook({ outlook }: { outlook: OutlookReport }): JSX.Element {
  const { offsets, units, ranges, sourceBytes, estimatedMs, replaced, topic, leavesOutToMs } = outlook;
  return (
    <div class="outlook">
      <p>
        Up to <b>{many(Number(offsets), 'record')}</b> of the topic {topic}, which holds all of them, in{' '}
        {many(units, 'unit')}: {bytes(sourceBytes)} to read, about {duration(Math.max(1000, estimatedMs), 'whole')}.
      </p>
      <ul>
        {ranges.slice(0, MAX_RANGES_SHOWN).map(({ partition, startOffset, endOffset }) => (
          <li key={`${partition}/${startOffset}`}>
            Kafka partition {partition}: offsets {startOffset} to {String(BigInt(endOffset) - 1n)}
          </li>
        ))}
        {ranges.length > MAX_RANGES_SHOWN && <li>and {many(ranges.length - MAX_RANGES_SHOWN, 'more range')}</li>}
      </ul>
      {replaced.map(({ table, partitions, files, rows, sizeBytes, names }) => (
        <details key={table}>
          <summary>
            Of <b>{table}</b>, {many(partitions, 'partition')} may hold them: {many(files, 'file')}, {many(rows, 'row')}
            , {bytes(sizeBytes)}, replaced where they do.
          </summary>
          <ul>
            {names.slice(0, MAX_PARTITIONS_SHOWN).map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
            {partitions > MAX_PARTITIONS_SHOWN && <li>and {count(partitions - MAX_PARTITIONS_SHOWN)} more</li>}
          </ul>
        </details>
      ))}
      {leavesOutToMs !== null && (
        <p>
          What retention has dropped, up to {new Date(leavesOutToMs).toISOString().slice(0, 16)} UTC, is not derived
          again.
        </p>
      )}
    </div>
  );
}

async function ask({ table, scope }: Plan, form: FormData): Promise<void> {
  if (step.value.at === 'planning') return;
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const asked = { scope, from: text('from'), to: text('to') };
  step.value = { at: 'planning' };
  const query = new URLSearchParams(asked).toString();
  const said = await read<OutlookReport>(`/api/v1/tables/${encodeURIComponent(table)}/backfill-outlook?${query}`);
  step.value = 'error' in said ? { at: 'range', problem: problemOf(said) } : { at: 'outlook', asked, outlook: said };
}

async function propose(
  table: string,
  { at, asked, outlook }: Extract<Step, { at: 'outlook' | 'proposing' }>,
  form: FormData,
): Promise<void> {
  const by = whoAsks(form);
  if (by === undefined || at === 'proposing') return;
  step.value = { at: 'proposing', asked, outlook };
  const said: ActionAnswer | ApiError = await act('propose-backfill', { table, by, ...asked });
  actionsChanged();
  const number = 'error' in said ? undefined : (said.result as { readonly number: number }).number;
  step.value =
    'error' in said || number === undefined
      ? { at: 'outlook', asked, outlook, problem: 'error' in said ? problemOf(said) : '' }
      : { at: 'proposed', number };
}

function problemOf({ error }: ApiError): string {
  return `Not done. ${error.message} ${error.remedy ?? ''}`.trim();
}
