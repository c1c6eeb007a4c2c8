import { computed, signal } from '@preact/signals';
import { placeOf } from './address.ts';

/** The page's address is the only place where filters, order and window are kept. */
const address = signal(new URL(window.location.href));
let listScrollY = 0;

export const route = computed(() => placeOf(address.value.pathname));

export function parameter(name: string): string {
  return address.value.searchParams.get(name) ?? '';
}

/** Sets one parameter of the present page; an empty value takes it away. */
export function setParameter(name: string, value: string, how: 'push' | 'replace'): void {
  const url = new URL(address.value);
  if (value === '') url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  if (url.href === address.value.href) return;
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  address.value = url;
}

/** The list as it was left, filters and place included. */
let listHref = '/';

export function listPath(): string {
  return route.value.page === 'servers' ? hrefOf(address.value) : listHref;
}

function hrefOf({ pathname, search }: URL): string {
  return pathname + search;
}

export function go(href: string): void {
  history.pushState(null, '', href);
  arrive();
}

function arrive(): void {
  const before = route.value;
  if (before.page === 'servers') {
    listScrollY = window.scrollY;
    listHref = hrefOf(address.value);
  }
  address.value = new URL(window.location.href);
  const now = route.value;
  if (now.page === before.page) return;
  requestAnimationFrame(() => window.scrollTo(0, now.page === 'servers' ? listScrollY : 0));
}

/** Links of this page change the page without loading it again. */
export function followLinks(): void {
  history.scrollRestoration = 'manual';
  window.addEventListener('popstate', arrive);
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href^="/"]') : null;
    if (link === null || link.target !== '') return;
    event.preventDefault();
    go(link.getAttribute('href') ?? '/');
  });
}
