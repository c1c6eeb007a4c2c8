import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ApiError } from '../api/wire.ts';
import { hasToken } from './token.ts';

/**
 * A dialogue of the browser's own, shown while it has something to ask: its title, what is always told, and, where this tab
 * has the token, what is asked.
 */
export function DialogFrame(props: {
  /** In the ids and classes of its elements. */
  name: string;
  /** Undefined while it is closed. */
  title: string | undefined;
  told?: ComponentChildren;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const { name, title, told, onClose, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = title !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class={`action-dialog ${name}-dialog`} aria-labelledby={`${name}-title`} onClose={onClose}>
      {isOpen && (
        <>
          <h2 id={`${name}-title`}>{title}</h2>
          {told}
          {hasToken() ? children : <NoToken onClose={onClose} />}
        </>
      )}
    </dialog>
  );
}

function NoToken({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <>
      <p class="problem">
        This tab has no token, so it may only look. Open the page with what <code>sluice dashboard</code> prints.
      </p>
      <DialogButtons dismiss="Close" onClose={onClose} />
    </>
  );
}

/** The row of buttons at a dialogue's end; `children` are those beside the one that leaves it. */
export function DialogButtons(props: {
  dismiss: 'Cancel' | 'Close';
  onClose: () => void;
  onBack?: () => void;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <p class="dialog-buttons">
      {props.onBack !== undefined && (
        <button type="button" onClick={props.onBack}>
          Back
        </button>
      )}
      <button type="button" onClick={props.onClose}>
        {props.dismiss}
      </button>
      {props.children}
    </p>
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
  const who = textIn(form, 'by');
  if (who === '') return undefined;
  localStorage.setItem(WHO, who);
  return who;
}

export function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

export function refusalWords({ error }: ApiError): string {
  return `Not done. ${error.message} ${error.remedy ?? ''}`.trim();
}
