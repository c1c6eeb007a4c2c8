import type { TableState } from './table-condition.ts';

/** Worst first: in this order tables are named. */
export const TABLE_STATES: readonly TableState[] = [
  'Stopped',
  'Degraded',
  'Paused',
  'Catching up',
  'Waiting',
  'Healthy',
];

/** All tables in one sentence: "The one table is healthy." or "orders is stopped, clicks is paused, 3 are healthy." */
export function pipelineHeadline(tables: readonly { readonly table: string; readonly state: TableState }[]): string {
  if (tables.length === 0) return 'No table is defined.';
  const troubled = tables.filter(({ state }) => state !== 'Healthy');
  if (troubled.length === 0) {
    return tables.length === 1 ? 'The one table is healthy.' : `All ${tables.length} tables are healthy.`;
  }
  const ordered = [...troubled].sort((a, b) => TABLE_STATES.indexOf(a.state) - TABLE_STATES.indexOf(b.state));
  const named = ordered.slice(0, 3).map(({ table, state }) => `${table} is ${state.toLowerCase()}`);
  const more = ordered.length - named.length;
  const healthy = tables.length - troubled.length;
  const rest = [
    ...(more > 0 ? [`${more} more ${more === 1 ? 'needs' : 'need'} a look`] : []),
    ...(healthy > 0 ? [`${healthy} ${healthy === 1 ? 'is' : 'are'} healthy`] : []),
  ];
  return `${[...named, ...rest].join(', ')}.`;
}
