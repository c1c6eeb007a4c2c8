import { computed, effect, signal } from '@preact/signals';
import { compare, compareHosts, listingOf, matches, nextOrder } from './listing.ts';
import { parameter } from './route.ts';
import { servers, version } from './store.ts';

/** The order changes at most this often, and never under the hand. */
const REORDER_EVERY_MS = 4_000;
/** After a key moved the selection, places are kept for this long. */
const KEYBOARD_HOLD_MS = 8_000;

export const listing = computed(() => listingOf(parameter('q'), parameter('state'), parameter('sort')));

/** Hosts of the table from top to bottom. */
export const shownHosts = signal<readonly string[]>([]);
/** Hosts of the map, by name, so that each keeps its place. */
export const mappedHosts = signal<readonly string[]>([]);
/** The row that keys act on. */
export const selectedHost = signal<string | undefined>(undefined);

let pointerInside = false;
let keyAt = -KEYBOARD_HOLD_MS;
let orderedAt = -REORDER_EVERY_MS;
let orderedBy = listing.value;

export function holdByPointer(inside: boolean): void {
  pointerInside = inside;
}

/** Moves the selection by that many rows. */
export function moveSelection(steps: number): void {
  const hosts = shownHosts.value;
  if (hosts.length === 0) return;
  keyAt = performance.now();
  const at = selectedHost.value === undefined ? -1 : hosts.indexOf(selectedHost.value);
  const next = at < 0 ? (steps > 0 ? 0 : hosts.length - 1) : Math.min(hosts.length - 1, Math.max(0, at + steps));
  selectedHost.value = hosts[next];
}

/** Keeps both lists in step with the servers and the address. */
export function keepListing(): void {
  effect(() => {
    version.value;
    const by = listing.value;
    const found = [...servers.values()].filter((server) => matches(server, by));
    const now = performance.now();
    const asked = by !== orderedBy || shownHosts.peek().length === 0;
    const held = pointerInside || now - keyAt < KEYBOARD_HOLD_MS || now - orderedAt < REORDER_EVERY_MS;
    const hold = held && !asked;
    if (!hold) {
      found.sort((a, b) => compare(a, b, by));
      orderedAt = now;
      orderedBy = by;
    }
    const wanted = found.map(({ host }) => host);
    shownHosts.value = keepIfEqual(shownHosts.peek(), nextOrder(shownHosts.peek(), wanted, hold));
    const mapped = mappedHosts.peek();
    if (mapped.length !== wanted.length || !sameMembers(mapped, wanted))
      mappedHosts.value = [...wanted].sort(compareHosts);
  });
}

function keepIfEqual(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.length === after.length && before.every((host, index) => host === after[index]) ? before : after;
}

function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  const members = new Set(a);
  return b.every((host) => members.has(host));
}
