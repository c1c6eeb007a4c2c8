import duckdb from '@duckdb/node-bindings';
import type { ColumnType } from '../../definition/table-definition.ts';
import { KeptColumn, type KeptTexts } from './kept-column.ts';
import type { Pieces } from './slab-memory.ts';

/** Rows of one data chunk: DuckDB's own vector size. */
export const VECTOR_ROWS = duckdb.vector_size();

/** `duckdb_string_t` of duckdb.h: a length, then up to 12 bytes in place, or a prefix and a pointer. */
const STRING_BYTES = 16;
const INLINE_BYTES = 12;

const VALUE_BYTES: Readonly<Record<ColumnType, number>> = {
  string: STRING_BYTES,
  boolean: 1,
  int: 4,
  bigint: 8,
  double: 8,
  timestamp: 8,
  date: 4,
};

const TWO_TO_32 = 2 ** 32;

const EMPTY = Buffer.alloc(0);
const FIRST_TEXTS_BYTES = 64 * 1024;

/** One column of up to a chunk's rows, laid out as DuckDB's vectors are, so that it is handed over by copying it whole. */
export class ColumnVector {
  readonly type: ColumnType;
  /** Whether its values are written as numbers. */
  readonly isNumber: boolean;
  /** The record whose value this holds last; whoever fills it keeps the count. */
  record = 0;
  readonly #bytes: Uint8Array;
  readonly #ints: Int32Array;
  readonly #longs: BigInt64Array;
  readonly #doubles: Float64Array;
  /** A bit for each row: DuckDB's validity mask. */
  readonly #valid = new Uint32Array(VECTOR_ROWS / 32).fill(0xffffffff);
  #hasNulls = false;
  /** Texts that don't fit in place, one after the other; the rows they belong to, and where in the bytes each ends. */
  #texts = EMPTY;
  readonly #textRows: number[] = [];
  readonly #textEnds: number[] = [];
  /** -1 where there is none. */
  #lastTextRow = -1;

  constructor(type: ColumnType) {
    this.type = type;
    this.isNumber = type === 'double' || type === 'bigint' || type === 'int';
    const buffer = new ArrayBuffer(VECTOR_ROWS * Math.max(8, VALUE_BYTES[type]));
    this.#bytes = new Uint8Array(buffer);
    this.#ints = new Int32Array(buffer);
    this.#longs = new BigInt64Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }

  setByte(row: number, value: number): void {
    this.#bytes[row] = value;
  }

  setInt(row: number, value: number): void {
    this.#ints[row] = value;
  }

  setDouble(row: number, value: number): void {
    this.#doubles[row] = value;
  }

  /** A 64-bit integer that a double holds exactly. */
  setLong(row: number, value: number): void {
    const high = Math.floor(value / TWO_TO_32);
    this.#ints[row * 2] = value - high * TWO_TO_32;
    this.#ints[row * 2 + 1] = high;
  }

  setBigInt(row: number, value: bigint): void {
    this.#longs[row] = value;
  }

  /** Copies the text. The last row's may be set again, as long as no later row has one. */
  setText(row: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    const word = row * 4;
    this.#ints[word] = length;
    this.#ints[word + 1] = 0;
    this.#ints[word + 2] = 0;
    this.#ints[word + 3] = 0;
    if (this.#lastTextRow === row) this.#dropLastText();
    if (length > INLINE_BYTES) {
      this.#ints[word] = 0;
      this.#keepText(row, bytes, start, end);
      return;
    }
    const place = row * STRING_BYTES + 4;
    for (let index = 0; index < length; index++) this.#bytes[place + index] = bytes[start + index] as number;
  }

  setNull(row: number): void {
    this.#hasNulls = true;
    const word = row >>> 5;
    this.#valid[word] = (this.#valid[word] as number) & ~(1 << (row & 31));
    if (this.type === 'string') this.setText(row, EMPTY, 0, 0);
  }

  /** Keeps the first rows in memory, and begins anew. */
  keep(pieces: Pieces, rows: number): KeptColumn {
    // Of a record that was no row in the end.
    if (this.#lastTextRow >= rows) this.#dropLastText();
    const valuesBytes = rows * VALUE_BYTES[this.type];
    const values = pieces.copy(this.#bytes.subarray(0, valuesBytes));
    const valid = this.#hasNulls ? pieces.copy(new Uint8Array(this.#valid.buffer)) : undefined;
    const kept = new KeptColumn(values, valuesBytes, valid, this.#keepTexts(pieces));
    if (this.#hasNulls) this.#valid.fill(0xffffffff);
    this.#hasNulls = false;
    return kept;
  }

  #keepTexts(pieces: Pieces): KeptTexts | undefined {
    const rows = this.#textRows.splice(0);
    const ends = this.#textEnds.splice(0);
    this.#lastTextRow = -1;
    return rows.length === 0 ? undefined : { piece: pieces.copy(this.#texts.subarray(0, ends.at(-1))), rows, ends };
  }

  #keepText(row: number, bytes: Buffer, from: number, to: number): void {
    const start = this.#textEnds.at(-1) ?? 0;
    const end = start + to - from;
    if (end > this.#texts.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * end, FIRST_TEXTS_BYTES));
      this.#texts.copy(larger, 0, 0, start);
      this.#texts = larger;
    }
    bytes.copy(this.#texts, start, from, to);
    this.#textRows.push(row);
    this.#lastTextRow = row;
    this.#textEnds.push(end);
  }

  #dropLastText(): void {
    this.#textRows.pop();
    this.#lastTextRow = -1;
    this.#textEnds.pop();
  }
}
