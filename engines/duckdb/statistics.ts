/** Longer texts are left out of the statistics: a truncated maximum would have to be rounded up. */
const MAX_TEXT_LENGTH = 32;

/** DuckDB's `RETURN_STATS` of one column: everything as text. */
export type ReturnedColumn = Readonly<Record<string, string>>;

/**
 * A file's statistics for the log (Delta PROTOCOL.md#per-file-statistics) from what COPY … RETURN_STATS says of it.
 * Timestamps are in milliseconds: the minimum rounded down, the maximum up, so that no row lies outside.
 */
export function deltaStatistics(
  rows: number,
  columns: ReadonlyMap<string, ReturnedColumn>,
  types: ReadonlyMap<string, string>,
): string {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [name, type] of types) {
    const column = columns.get(name);
    if (column === undefined) continue;
    nullCount[name] = Number(column['null_count'] ?? 0);
    const min = boundOf(type, column['min'], 'min');
    const max = boundOf(type, column['max'], 'max');
    if (min === undefined || max === undefined) continue;
    minValues[name] = min;
    maxValues[name] = max;
  }
  return JSON.stringify({ numRecords: rows, minValues, maxValues, nullCount });
}

function boundOf(type: string, text: string | undefined, side: 'min' | 'max'): unknown {
  if (text === undefined) return undefined;
  switch (type) {
    case 'string':
      return isPlainText(text) ? text : undefined;
    case 'int':
    case 'bigint':
    case 'double':
      return exactNumber(type, text);
    case 'timestamp':
      return timestampBound(text, side);
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;
    default:
      return undefined;
  }
}

/** Printable ASCII only: its order is the same by bytes, by UTF-16 units and by code points. */
function isPlainText(text: string): boolean {
  return text.length <= MAX_TEXT_LENGTH && /^[ -~]*$/.test(text);
}

function exactNumber(type: string, text: string): number | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return type === 'double' || Number.isSafeInteger(value) ? value : undefined;
}

/** DuckDB writes `2026-11-24 00:59:59.990001+00`. */
function timestampBound(text: string, side: 'min' | 'max'): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (match === null) return undefined;
  const micros = Number((match[3] ?? '').padEnd(6, '0'));
  const floorMs = Date.parse(`${match[1]}T${match[2]}Z`) + Math.floor(micros / 1000);
  const boundMs = side === 'max' && micros % 1000 > 0 ? floorMs + 1 : floorMs;
  return new Date(boundMs).toISOString();
}
