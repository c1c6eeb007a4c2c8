import type { ColumnType } from '../../definition/table-definition.ts';
import { SluiceError } from '../../errors/sluice-error.ts';

/** A column's value by its type: texts also as UTF-8, timestamps in microseconds and dates in days since the epoch. */
export interface ColumnValues {
  readonly string: string | Uint8Array;
  readonly boolean: boolean;
  readonly int: number;
  readonly bigint: bigint;
  readonly double: number;
  readonly timestamp: bigint;
  readonly date: number;
}

/** A longer text is no bound, as parquet-java has it: it would be in the footer twice, and cut off it were not exact. */
export const MAX_BOUND_BYTES = 4096;

/**
 * A chunk's least value for its statistics: in PLAIN encoding, a text without its length (parquet.thrift, `Statistics`).
 * Undefined where there is to be none: for NaN, and for a text of more than MAX_BOUND_BYTES.
 *
 * @throws SluiceError INTERNAL where it does not fit the column's type
 */
export function minBytes<Type extends ColumnType>(type: Type, value: ColumnValues[Type]): Uint8Array | undefined {
  return boundBytes(type, value, -0);
}

/** A chunk's greatest value, as `minBytes` has the least. */
export function maxBytes<Type extends ColumnType>(type: Type, value: ColumnValues[Type]): Uint8Array | undefined {
  return boundBytes(type, value, 0);
}

/** @param zero What stands for zero as a double: -0 is the least, +0 the greatest (parquet.thrift, `ColumnOrder`) */
function boundBytes<Type extends ColumnType>(
  type: Type,
  value: ColumnValues[Type],
  zero: number,
): Uint8Array | undefined {
  if (type === 'double' && Number.isNaN(value)) return undefined;
  const bytes = PLAIN[type](type === 'double' && value === 0 ? (zero as ColumnValues[Type]) : value);
  return bytes.length > MAX_BOUND_BYTES ? undefined : bytes;
}

/** Encodings.md#plain */
const PLAIN: { readonly [Type in ColumnType]: (value: ColumnValues[Type]) => Uint8Array } = {
  string: (value) => (typeof value === 'string' ? Buffer.from(value) : value),
  boolean: (value) => Uint8Array.of(value ? 1 : 0),
  int: int32,
  bigint: int64,
  double: (value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return bytes;
  },
  timestamp: int64,
  date: int32,
};

function int32(value: number): Uint8Array {
  if ((value | 0) !== value) throw unfitting(value, 'INT32');
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function int64(value: bigint): Uint8Array {
  if (BigInt.asIntN(64, value) !== value) throw unfitting(value, 'INT64');
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
}

function unfitting(value: number | bigint, type: string): SluiceError {
  return new SluiceError('INTERNAL', `${String(value)} is a bound of a column, and does not fit into its ${type}.`);
}
