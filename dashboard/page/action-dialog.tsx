import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ActionAnswer, ApiError } from '../api/wire.ts';
import { type ActionName, type ActionObject, actionWords } from './action-words.ts';
import { actionsChanged } from './action-record.tsx';
import { act, hasToken } from './token.ts';

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

/** Where an action is confirmed: what will happen, who asks, and what became of it. A dialogue of the browser's own. */
export function ActionDialog(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const asked = wish.value;
  useEffect(() => {
    if (asked === undefined) dialog.current?.close();
    else dialog.current?.showModal();
  }, [asked]);
  const close = (): void => {
    wish.value = undefined;
  };
  return (
    <dialog ref={dialog} class="action-dialog" aria-labelledby="action-title" onClose={close}>
      {asked !== undefined && <Confirmation wish={asked} onClose={close} />}
    </dialog>
  );
}

function Confirmation({ wish: asked, onClose }: { wish: Wish; onClose: () => void }): JSX.Element {
  const { title, willHappen, command } = actionWords(asked.name, asked);
  return (
    <>
      <h2 id="action-title">{title}</h2>
      <ul class="will-happen">
        {willHappen.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="dim">
        From a shell: <code>{command}</code>
      </p>
      {hasToken() ? <Ask wish={asked} onClose={onClose} /> : <NoToken onClose={onClose} />}
    </>
  );
}

export function NoToken({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <>
      <p class="problem">
        This tab has no token, so it may only look. Open the page with what <code>sluice dashboard</code> prints.
      </p>
      <p class="dialog-buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </p>
    </>
  );
}

const WHO = 'sluice-who';

export function Who(): JSX.Element {
  return (
    <label class="who">
      Your name, for the record
      <input name="by" required maxLength={64} autocomplete="username" defaultValue={localStorage.getItem(WHO) ?? ''} />
    </label>
  );
}

/** The name that was given, kept for the next time; undefined where there is none. */
export function whoAsks(form: FormData): string | undefined {
  const by = form.get('by');
  const who = typeof by === 'string' ? by.trim() : '';
  if (who === '') return undefined;
  localStorage.setItem(WHO, who);
  return who;
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
      <p class="dialog-buttons">
        <button type="button" onClick={onClose}>
          {done ? 'Close' : 'Cancel'}
        </button>
        {!done && (
          <button type="submit" class="primary" disabled={state === 'asked'}>
            {verb}
          </button>
        )}
      </p>
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
  if ('error' in said) return `Not done. ${said.error.message} ${said.error.remedy ?? ''}`.trim();
  const unrecorded = said.recorded ? '' : ' The lake did not take the record of it; Temporal’s history has it.';
  const result = (said.result ?? {}) as { readonly state?: string; readonly workflowId?: string };
  if (name === 'cancel-backfill') return `Done: backfill ${number ?? ''} of ${table} is being cancelled.${unrecorded}`;
  const object = number === undefined ? table : `backfill ${number} of ${table}`;
  if (result.state !== undefined) return `Done: ${object} is ${result.state}.${unrecorded}`;
  return `${name === 'audit' ? 'The audit' : 'The compaction'} runs as ${result.workflowId ?? 'a workflow'}.${unrecorded}`;
}
