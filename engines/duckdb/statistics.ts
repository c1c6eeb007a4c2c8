import { type BoundValue, type ColumnStatistics, fileStatistics } from '../file-statistics.ts';

const DAY_MS = 86_400_000;

/** DuckDB's `RETURN_STATS` of one column: everything as text. */
export type ReturnedColumn = Readonly<Record<string, string>>;

/** A file's statistics for the log from what COPY … RETURN_STATS, or `parquet_metadata`, says of it. */
export function deltaStatistics(
  rows: number,
  columns: ReadonlyMap<string, ReturnedColumn>,
  types: ReadonlyMap<string, string>,
): string {
  const known = [...columns].map(([name, column]) => [name, valuesOf(types.get(name), column)] as const);
  return fileStatistics(rows, new Map(known), types);
}

function valuesOf(type: string | undefined, column: ReturnedColumn): ColumnStatistics {
  return {
    nullCount: Number(column['null_count'] ?? 0),
    min: valueOf(type, column['min']),
    max: valueOf(type, column['max']),
  };
}

/** Undefined for what has no bounds, and for what is none: `infinity`, for one. */
function valueOf(type: string | undefined, text: string | undefined): BoundValue | undefined {
  if (text === undefined) return undefined;
  switch (type) {
    case 'string':
      return text;
    case 'int':
    case 'bigint':
      return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
    case 'double':
      return Number(text);
    case 'timestamp':
      return microsOf(text);
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) / DAY_MS : undefined;
    default:
      return undefined;
  }
}

/** DuckDB writes `2026-11-24 00:59:59.990001+00`. */
function microsOf(text: string): bigint | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (match === null) return undefined;
  const seconds = Date.parse(`${match[1]}T${match[2]}Z`);
  return BigInt(seconds) * 1000n + BigInt((match[3] ?? '').padEnd(6, '0'));
}
