import { signal } from '@preact/signals';
import { PIPELINE_PATH, serverPath, tablePath } from './address.ts';
import { go, listPath, parameter, route, setParameter } from './route.ts';
import { moveSelection, selectedHost, shownHosts } from './shown-list.ts';

export const helpOpen = signal(false);

export const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'search'],
  ['j  k  ↓  ↑', 'move through the servers'],
  ['Enter', 'open the server; in the search, the first found'],
  ['j  k', 'on a server: the next, the one before'],
  ['1  2  3  4', 'on a server: last hour, 6 h, 24 h, 7 d'],
  ['s  p', 'servers, pipeline'],
  ['←  →  ↑  ↓', 'through the hours of a table; Enter opens one'],
  ['Esc', 'back'],
  ['?', 'these keys'],
];

/** Keys work wherever nothing is being typed. */
export function followKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === 'Escape') {
      escape(event);
      return;
    }
    if (typing) {
      if (event.target instanceof HTMLInputElement && event.target.id === 'search') searchKey(event);
      return;
    }
    if (event.key === '?') {
      take(event, () => (helpOpen.value = !helpOpen.value));
      return;
    }
    if (helpOpen.value || document.querySelector('dialog[open]') !== null) return;
    if (event.key === 's') take(event, () => go(listPath()));
    if (event.key === 'p') take(event, () => go(PIPELINE_PATH));
    if (event.key === '/') {
      take(event, openSearch);
      return;
    }
    if (route.value.page === 'servers') listKey(event);
    if (route.value.page === 'server') serverKey(event, route.value.host);
  });
}

/** From the search down into the list, or straight to the first that was found. */
function searchKey(event: KeyboardEvent): void {
  if (event.key === 'ArrowDown') take(event, leaveSearch);
  const first = shownHosts.value[0];
  if (event.key === 'Enter' && first !== undefined) take(event, () => go(serverPath(first)));
}

function listKey(event: KeyboardEvent): void {
  if (event.key === 'j' || event.key === 'ArrowDown') take(event, () => moveSelection(1));
  if (event.key === 'k' || event.key === 'ArrowUp') take(event, () => moveSelection(-1));
  const onControl = event.target instanceof HTMLElement && event.target.closest('a, button') !== null;
  const host = selectedHost.value;
  if (event.key === 'Enter' && host !== undefined && !onControl) take(event, () => go(serverPath(host)));
}

function serverKey(event: KeyboardEvent, host: string): void {
  const steps = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
  const tab = ['1', '2', '3', '4'].indexOf(event.key);
  if (tab >= 0) document.querySelectorAll<HTMLElement>('.windows a')[tab]?.click();
  if (steps === 0) return;
  const next = shownHosts.value[shownHosts.value.indexOf(host) + steps];
  if (next === undefined) return;
  take(event, () => {
    selectedHost.value = next;
    go(serverPath(next));
  });
}

function escape(event: KeyboardEvent): void {
  if (helpOpen.value) {
    take(event, () => (helpOpen.value = false));
    return;
  }
  // A dialogue closes itself.
  if (document.querySelector('dialog[open]') !== null) return;
  if (event.target instanceof HTMLInputElement) {
    take(event, () => (event.target as HTMLElement).blur());
    return;
  }
  const up = pathUp();
  if (up !== undefined) {
    take(event, up);
    return;
  }
  selectedHost.value = undefined;
}

function openSearch(): void {
  if (route.value.page !== 'servers') go(listPath());
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>('#search')?.select());
}

function leaveSearch(): void {
  document.querySelector<HTMLInputElement>('#search')?.blur();
  moveSelection(1);
}

function take(event: Event, work: () => void): void {
  event.preventDefault();
  work();
}

/** What `Esc` goes back to. */
function pathUp(): (() => void) | undefined {
  const at = route.value;
  if (at.page === 'server') return () => go(listPath());
  if (at.page === 'rejected') return () => go(tablePath(at.table));
  if (at.page === 'table' && parameter('hour') !== '') return () => setParameter('hour', '', 'push');
  if (at.page === 'table') return () => go(PIPELINE_PATH);
  return undefined;
}
