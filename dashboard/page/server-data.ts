import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import type { ApiError, Series, ServerDetail, Window } from '../api/wire.ts';

/** How often each window is read anew: about once for each new bucket. */
const REFRESH_MS: Readonly<Record<Window, number>> = { '1h': 5_000, '6h': 30_000, '24h': 60_000, '7d': 300_000 };
const RETRY_MS = 3_000;

export type Loaded<T> = { readonly value: T | undefined; readonly error: ApiError['error'] | undefined };

/** One server's series, kept fresh while it is shown; the last one stays while the next is being read. */
export function useSeries(host: string, window: Window): Signal<Loaded<Series>> {
  return useLoaded<Series>(`/api/v1/servers/${encodeURIComponent(host)}/series?window=${window}`, REFRESH_MS[window]);
}

export function useDetail(host: string): Signal<Loaded<ServerDetail>> {
  return useLoaded<ServerDetail>(`/api/v1/servers/${encodeURIComponent(host)}`, 60_000);
}

function useLoaded<T>(address: string, refreshMs: number): Signal<Loaded<T>> {
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
    const response = await fetch(address, { signal });
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
