import type { StoredColumn, TableShape } from '../../plans/table-shape.ts';

/** A table `health.t` with these columns, by day. */
export function healthShape(columns: Readonly<Record<string, StoredColumn['type']>>): TableShape {
  return {
    database: 'health',
    table: 't',
    path: 'health/t',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type, required: false })),
    partitionColumns: [{ name: 'dt', type: 'date', required: true }],
  };
}
