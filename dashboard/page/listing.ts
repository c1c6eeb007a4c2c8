import { severityOf, type State, STATES } from '../server-state.ts';
import type { ServerSummary } from '../api/wire.ts';

/** What the table can be ordered by. `worst` is by state, then by how near a server is to its limits. */
export const ORDERS = ['worst', 'host', 'cpu', 'memory', 'load', 'disk', 'seen'] as const;
export type Order = (typeof ORDERS)[number];

export interface Listing {
  readonly search: string;
  readonly states: ReadonlySet<State>;
  readonly order: Order;
  readonly reversed: boolean;
}

/** From the address's parameters; what is not understood is left out. */
export function listingOf(search: string, states: string, sort: string): Listing {
  const order = ORDERS.find((known) => known === sort.replace(/^-/, '')) ?? 'worst';
  const wanted = states.split(',').filter((state): state is State => (STATES as readonly string[]).includes(state));
  return { search: search.trim().toLowerCase(), states: new Set(wanted), order, reversed: sort.startsWith('-') };
}

/** Every word of the search must be in the host's name, its state or its reasons. */
export function matches(server: Pick<ServerSummary, 'host' | 'state' | 'reasons'>, listing: Listing): boolean {
  if (listing.states.size > 0 && !listing.states.has(server.state)) return false;
  if (listing.search === '') return true;
  const text = `${server.host} ${server.state} ${server.reasons.join(' ')}`.toLowerCase();
  return listing.search.split(/\s+/).every((word) => text.includes(word));
}

/** Worst or greatest first; names from a to z, so that equals keep their places. */
export function compare(a: ServerSummary, b: ServerSummary, { order, reversed }: Listing): number {
  const difference = differenceOf(a, b, order);
  return (reversed ? -difference : difference) || compareHosts(a.host, b.host);
}

const collator = new Intl.Collator('en', { numeric: true });

export function compareHosts(a: string, b: string): number {
  return collator.compare(a, b);
}

function differenceOf(a: ServerSummary, b: ServerSummary, order: Order): number {
  switch (order) {
    case 'worst':
      return severityOf(b.state) - severityOf(a.state) || (a.state === 'ok' ? 0 : b.strain - a.strain);
    case 'host':
      return compareHosts(a.host, b.host);
    case 'cpu':
      return (b.cpuPct ?? -1) - (a.cpuPct ?? -1);
    case 'memory':
      return (b.memoryPct ?? -1) - (a.memoryPct ?? -1);
    case 'load':
      return (b.loadPerCore ?? -1) - (a.loadPerCore ?? -1);
    case 'disk':
      return (b.diskPct ?? -1) - (a.diskPct ?? -1);
    case 'seen':
      return a.eventTimeMs - b.eventTimeMs;
  }
}

/**
 * The order that is shown next. Hosts that are shown keep their places while the list is held; those that came are put
 * behind, those that went are taken out.
 */
export function nextOrder(shown: readonly string[], wanted: readonly string[], held: boolean): readonly string[] {
  if (!held) return wanted;
  const present = new Set(wanted);
  const kept = shown.filter((host) => present.has(host));
  const known = new Set(kept);
  return [...kept, ...wanted.filter((host) => !known.has(host))];
}
