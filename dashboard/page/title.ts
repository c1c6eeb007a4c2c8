import { effect } from '@preact/signals';
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
      ...(route.value.page === 'server' ? [route.value.host] : []),
    ];
    document.title = [...parts, 'Sluice'].join(' · ');
  });
}
