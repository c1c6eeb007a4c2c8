import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { OutlookReport } from '../api/backfill-wire.ts';
import type { ActionAnswer, ApiError } from '../api/wire.ts';
import { actionsChanged } from './action-record.tsx';
import { Outlook } from './backfill-outlook.tsx';
import { type AskedRange, BackfillRange } from './backfill-range.tsx';
import { DialogButtons, DialogFrame, refusalWords, Who, whoAsks } from './dialog-frame.tsx';
import { act, read } from './token.ts';

/** What somebody is about to plan. */
interface Plan {
  readonly table: string;
  readonly scope: 'all' | 'rejected';
}

/** What is asked for, as the API takes it. */
interface Asked extends AskedRange {
  readonly scope: string;
}

type Step =
  | { readonly at: 'range'; readonly problem?: string }
  | { readonly at: 'planning' }
  | { readonly at: 'outlook'; readonly asked: Asked; readonly outlook: OutlookReport; readonly problem?: string }
  | { readonly at: 'proposing'; readonly asked: Asked; readonly outlook: OutlookReport }
  | { readonly at: 'proposed'; readonly number: number };

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
  const planned = plan.value;
  const close = (): void => {
    plan.value = undefined;
  };
  return (
    <DialogFrame name="backfill" title={planned && titleOf(planned)} onClose={close}>
      {planned !== undefined && <Steps plan={planned} onClose={close} />}
    </DialogFrame>
  );
}

function titleOf({ table, scope }: Plan): string {
  return scope === 'all' ? `Backfill ${table}` : `Redrive what ${table} rejected`;
}

function Steps({ plan: planned, onClose }: { plan: Plan; onClose: () => void }): JSX.Element {
  const now = step.value;
  if (now.at === 'range' || now.at === 'planning') {
    return (
      <BackfillRange
        isAll={planned.scope === 'all'}
        isPlanning={now.at === 'planning'}
        problem={now.at === 'range' ? now.problem : undefined}
        onAsk={(range) => void ask(planned, range)}
        onClose={onClose}
      />
    );
  }
  if (now.at === 'proposed') {
    return (
      <>
        <p class="answer" role="status">
          Backfill {now.number} is kept, and waits for an approval: it is in the list of backfills on the table’s page.
        </p>
        <DialogButtons dismiss="Close" onClose={onClose} />
      </>
    );
  }
  return <Propose table={planned.table} step={now} onClose={onClose} />;
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
      <DialogButtons dismiss="Cancel" onClose={onClose} onBack={() => (step.value = { at: 'range' })}>
        <button type="submit" class="primary" disabled={now.at === 'proposing'}>
          Propose
        </button>
      </DialogButtons>
    </form>
  );
}

async function ask({ table, scope }: Plan, range: AskedRange): Promise<void> {
  if (step.value.at === 'planning') return;
  const asked = { scope, ...range };
  step.value = { at: 'planning' };
  const query = new URLSearchParams(asked).toString();
  const said = await read<OutlookReport>(`/api/v1/tables/${encodeURIComponent(table)}/backfill-outlook?${query}`);
  step.value = 'error' in said ? { at: 'range', problem: refusalWords(said) } : { at: 'outlook', asked, outlook: said };
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
      ? { at: 'outlook', asked, outlook, problem: 'error' in said ? refusalWords(said) : '' }
      : { at: 'proposed', number };
}
