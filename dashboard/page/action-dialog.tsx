import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ActionAnswer, ApiError } from '../api/wire.ts';
import { type ActionName, type ActionObject, type ActionWords, actionWords } from './action-words.ts';
import { actionsChanged } from './action-record.tsx';
import { DialogButtons, DialogFrame, refusalWords, Who, whoAsks } from './dialog-frame.tsx';
import { act } from './token.ts';

/** What somebody is about to ask for. */
interface Wish extends ActionObject {
  readonly name: ActionName;
}

type Answer = ActionAnswer | ApiError;

const wish = signal<Wish | undefined>(undefined);
const answer = signal<Answer | 'asked' | undefined>(undefined);

export function ActionButton(props: {
  name: ActionName;
  table: string;
  partition?: string;
  number?: number;
  disabled?: boolean;
}): JSX.Element {
  const { disabled, ...asked } = props;
  const { verb } = actionWords(asked.name, asked);
  return (
    <button
      type="button"
      class="action"
      data-action={asked.name}
      disabled={disabled}
      onClick={() => {
        answer.value = undefined;
        wish.value = asked;
      }}
    >
      {verb}…
    </button>
  );
}

/** Where an action is confirmed: what will happen, who asks, and what became of it. */
export function ActionDialog(): JSX.Element {
  const asked = wish.value;
  const close = (): void => {
    wish.value = undefined;
  };
  const words = asked === undefined ? undefined : actionWords(asked.name, asked);
  return (
    <DialogFrame name="action" title={words?.title} told={words && <Told {...words} />} onClose={close}>
      {asked !== undefined && <Ask wish={asked} onClose={close} />}
    </DialogFrame>
  );
}

function Told({ willHappen, command }: Pick<ActionWords, 'willHappen' | 'command'>): JSX.Element {
  return (
    <>
      <ul class="will-happen">
        {willHappen.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="dim">
        From a shell: <code>{command}</code>
      </p>
    </>
  );
}

function Ask({ wish: asked, onClose }: { wish: Wish; onClose: () => void }): JSX.Element {
  const { verb } = actionWords(asked.name, asked);
  const state = answer.value;
  const done = state !== undefined && state !== 'asked' && 'result' in state;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send(asked, new FormData(event.currentTarget));
      }}
    >
      {!done && <Who />}
      <p class="answer" role="status">
        {state === 'asked' ? 'Asking…' : state === undefined ? '' : answerWords(asked, state)}
      </p>
      <DialogButtons dismiss={done ? 'Close' : 'Cancel'} onClose={onClose}>
        {!done && (
          <button type="submit" class="primary" disabled={state === 'asked'}>
            {verb}
          </button>
        )}
      </DialogButtons>
    </form>
  );
}

async function send({ name, ...object }: Wish, form: FormData): Promise<void> {
  const by = whoAsks(form);
  if (by === undefined || answer.value === 'asked') return;
  answer.value = 'asked';
  answer.value = await act(name, { ...object, by });
  actionsChanged();
}

function answerWords({ name, table, number }: Wish, said: Answer): string {
  if ('error' in said) return refusalWords(said);
  const unrecorded = said.recorded ? '' : ' The lake did not take the record of it; Temporal’s history has it.';
  const result = (said.result ?? {}) as { readonly state?: string; readonly workflowId?: string };
  if (name === 'cancel-backfill') return `Done: backfill ${number ?? ''} of ${table} is being cancelled.${unrecorded}`;
  const object = number === undefined ? table : `backfill ${number} of ${table}`;
  if (result.state !== undefined) return `Done: ${object} is ${result.state}.${unrecorded}`;
  return `${name === 'audit' ? 'The audit' : 'The compaction'} runs as ${result.workflowId ?? 'a workflow'}.${unrecorded}`;
}
