/** Longer texts are left out of the statistics: a truncated maximum would have to be rounded up. */
const MAX_TEXT_LENGTH = 32;
const DAY_MS = 86_400_000;

/** A text, a number or, for `bigint`, an integer; a timestamp in microseconds (bigint), a date in days (number), since 1970. */
export type BoundValue = string | number | bigint;

/** What a file's values of one column are like. */
export interface ColumnStatistics {
  readonly nullCount: number;
  readonly min?: BoundValue | undefined;
  readonly max?: BoundValue | undefined;
}

/**
 * A file's statistics for the log (Delta PROTOCOL.md#per-file-statistics). Timestamps are in milliseconds: the minimum rounded
 * down, the maximum up, so that no row lies outside.
 * @param types of the columns by their names
 */
export function fileStatistics(
  rows: number,
  columns: ReadonlyMap<string, ColumnStatistics>,
  types: ReadonlyMap<string, string>,
): string {
  const minValues: Record<string, unknown> = {};
  const maxValues: Record<string, unknown> = {};
  const nullCount: Record<string, number> = {};
  for (const [name, type] of types) {
    const column = columns.get(name);
    if (column === undefined) continue;
    nullCount[name] = column.nullCount;
    const min = boundOf(type, column.min, 'min');
    const max = boundOf(type, column.max, 'max');
    if (min === undefined || max === undefined) continue;
    minValues[name] = min;
    maxValues[name] = max;
  }
  return JSON.stringify({ numRecords: rows, minValues, maxValues, nullCount });
}

function boundOf(type: string, value: BoundValue | undefined, side: 'min' | 'max'): unknown {
  if (value === undefined) return undefined;
  switch (type) {
    case 'string':
      return isPlainText(String(value)) ? value : undefined;
    case 'int':
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
    case 'double':
      return Number.isFinite(value) ? value : undefined;
    case 'timestamp':
      return timestampBound(BigInt(value), side);
    case 'date':
      return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
    default:
      return undefined;
  }
}

/** Printable ASCII only: its order is the same by bytes, by UTF-16 units and by code points. */
function isPlainText(text: string): boolean {
  return text.length <= MAX_TEXT_LENGTH && /^[ -~]*$/.test(text);
}

function timestampBound(micros: bigint, side: 'min' | 'max'): string {
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const floorMs = Number((micros - rest) / 1000n);
  return new Date(side === 'max' && rest > 0n ? floorMs + 1 : floorMs).toISOString();
}
