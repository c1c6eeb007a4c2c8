import type { Signal } from '@preact/signals';
import type { Series, ServerDetail, Window } from '../api/wire.ts';
import { type Loaded, useLoaded } from './loaded.ts';

/** How often each window is read anew: about once for each new bucket. */
const REFRESH_MS: Readonly<Record<Window, number>> = { '1h': 5_000, '6h': 30_000, '24h': 60_000, '7d': 300_000 };

/** One server's series, kept fresh while it is shown; the last one stays while the next is being read. */
export function useSeries(host: string, window: Window): Signal<Loaded<Series>> {
  return useLoaded<Series>(`/api/v1/servers/${encodeURIComponent(host)}/series?window=${window}`, REFRESH_MS[window]);
}

export function useDetail(host: string): Signal<Loaded<ServerDetail>> {
  return useLoaded<ServerDetail>(`/api/v1/servers/${encodeURIComponent(host)}`, 60_000);
}
