import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { helpOpen, KEYS } from './keys.ts';

/** The list of keys, as a dialog of the browser's own. */
export function KeyHelp(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="key-help" aria-labelledby="key-help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="key-help-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={keys + what}>
            <dt>
              {keys.split('  ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={() => (helpOpen.value = false)}>
        Close
      </button>
    </dialog>
  );
}
