import { literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import { deltaStatistics, type ReturnedColumn } from '../duckdb/statistics.ts';

/** What a Parquet file says of itself in its footer. */
export interface Footer {
  readonly rows: number;
  /** The log's statistics. */
  readonly stats: string;
}

interface ChunkRow {
  readonly file_name: string;
  readonly name: string;
  readonly rows: string;
  readonly min: string | null;
  readonly max: string | null;
  readonly nulls: string | null;
  /** Whether a part of the column has values but no bounds: then there are none of the whole. */
  readonly unbounded: boolean;
}

/** Rows and statistics of files by their path, read from the footers alone. */
export async function readFooters(
  session: DuckDbSession,
  paths: readonly string[],
  columns: readonly StoredColumn[],
): Promise<Map<string, Footer>> {
  if (paths.length === 0) return new Map();
  const chunks = (await session.rows(
    `SELECT file_name, path_in_schema AS name, row_group_num_rows AS rows, stats_null_count AS nulls,
       stats_min_value AS min, stats_max_value AS max,
       stats_null_count IS NULL OR (stats_min_value IS NULL AND stats_null_count < row_group_num_rows) AS unbounded
     FROM parquet_metadata([${paths.map(literal).join(', ')}]) ORDER BY file_name, row_group_id`,
  )) as unknown as ChunkRow[];
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const footers = new Map<string, Footer>();
  for (const [path, ofFile] of Map.groupBy(chunks, ({ file_name }) => file_name)) {
    const byColumn = Map.groupBy(ofFile, ({ name }) => name);
    const rows = sum([...byColumn.values()][0] ?? [], 'rows');
    const known = [...byColumn].flatMap(([name, parts]) => {
      const type = types.get(name);
      return type === undefined ? [] : [[name, columnOf(type, parts)] as const];
    });
    footers.set(path, { rows, stats: deltaStatistics(rows, new Map(known), types) });
  }
  return footers;
}

function columnOf(type: StoredColumn['type'], parts: readonly ChunkRow[]): ReturnedColumn {
  const nulls = { null_count: String(sum(parts, 'nulls')) };
  const bounded = parts.filter(({ min, max }) => min !== null && max !== null);
  if (parts.some(({ unbounded }) => unbounded) || bounded.length === 0) return nulls;
  const compare = comparison(type);
  const least = bounded.map(({ min }) => min ?? '').reduce((one, other) => (compare(other, one) < 0 ? other : one));
  const greatest = bounded.map(({ max }) => max ?? '').reduce((one, other) => (compare(other, one) > 0 ? other : one));
  return { ...nulls, min: least, max: greatest };
}

/** Of texts as DuckDB writes values; those of times and dates have one length, but for fractions that end in zeros. */
function comparison(type: StoredColumn['type']): (one: string, other: string) => number {
  switch (type) {
    case 'int':
    case 'bigint':
      return (one, other) => Number(BigInt(one) - BigInt(other));
    case 'double':
      return (one, other) => Number(one) - Number(other);
    case 'timestamp':
      return (one, other) => comparePlain(sortable(one), sortable(other));
    default:
      return comparePlain;
  }
}

function sortable(timestamp: string): string {
  const [seconds = '', fraction = ''] = timestamp.replace('+00', '').split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

function comparePlain(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function sum(parts: readonly ChunkRow[], field: 'rows' | 'nulls'): number {
  return parts.reduce((total, part) => total + Number(part[field] ?? 0), 0);
}
