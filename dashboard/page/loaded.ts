import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import type { ApiError } from '../api/wire.ts';
import { authorization } from './token.ts';

const RETRY_MS = 3_000;

export type Loaded<T> = { readonly value: T | undefined; readonly error: ApiError['error'] | undefined };

/** What the API says at an address, kept fresh while it is shown; the last answer stays while the next is being read. */
export function useLoaded<T>(address: string, refreshMs: number): Signal<Loaded<T>> {
  const loaded = useMemo(() => signal<Loaded<T>>({ value: undefined, error: undefined }), [address]);
  useEffect(() => {
    const stop = new AbortController();
    let timer: number | undefined;
    const read = async (): Promise<void> => {
      const next =
        document.hidden && loaded.value.value !== undefined ? undefined : await load<T>(address, stop.signal);
      if (stop.signal.aborted) return;
      if (next !== undefined) loaded.value = { value: next.value ?? loaded.value.value, error: next.error };
      timer = window.setTimeout(() => void read(), next?.error ? RETRY_MS : refreshMs);
    };
    void read();
    return () => {
      stop.abort();
      window.clearTimeout(timer);
    };
  }, [address]);
  return loaded;
}

async function load<T>(address: string, signal: AbortSignal): Promise<Loaded<T>> {
  try {
    const response = await fetch(address, { headers: authorization(), signal });
    if (response.ok) return { value: (await response.json()) as T, error: undefined };
    const body = (await response.json()) as ApiError;
    return { value: undefined, error: body.error };
  } catch {
    const message = 'The dashboard does not answer.';
    return {
      value: undefined,
      error: { code: 'UNREACHABLE', message, remedy: 'It is tried again every few seconds.' },
    };
  }
}
