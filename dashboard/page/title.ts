import { effect } from '@preact/signals';
import type { Place } from './address.ts';
import { route } from './route.ts';
import { counts } from './store.ts';
import { connection } from './stream.ts';

/** The tab says what needs somebody, also while another tab is in front; the page's root says whether figures are old. */
export function keepTitle(): void {
  effect(() => {
    const lost = connection.value.state === 'lost';
    document.documentElement.dataset['stream'] = connection.value.state;
    const { critical, silent } = counts.value;
    const parts = [
      ...(lost ? ['connection lost'] : []),
      ...(critical > 0 ? [`${critical} critical`] : []),
      ...(silent > 0 ? [`${silent} silent`] : []),
      ...placeWords(route.value),
    ];
    document.title = [...parts, 'Sluice'].join(' · ');
  });
}

function placeWords(at: Place): string[] {
  switch (at.page) {
    case 'servers':
      return [];
    case 'server':
      return [at.host];
    case 'pipeline':
      return ['Pipeline'];
    case 'table':
      return [at.table];
    case 'rejected':
      return [`${at.table}, rejected`];
  }
}
