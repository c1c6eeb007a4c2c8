import duckdb, { type DataChunk, type Vector } from '@duckdb/node-bindings';
import type { Piece, Pieces } from './slab-memory.ts';

/** Rows of one data chunk: DuckDB's own vector size. */
export const VECTOR_ROWS = duckdb.vector_size();

/** A bit for each of them. */
export const VALIDITY_BYTES = VECTOR_ROWS / 8;
/**
 * `duckdb_string_t` of duckdb.h: a length, then up to 12 bytes in place. Of a longer text the place among the chunk's texts
 * stands where DuckDB has a pointer.
 */
const STRING_BYTES = 16;
const INLINE_BYTES = 12;
const PLACE_AT = 8;

/** One column of a chunk, laid out as DuckDB's vectors are. */
export interface RawColumn {
  readonly values: Uint8Array;
  /** A bit for each row of a whole vector; undefined where no value is missing. */
  readonly validity: Uint8Array | undefined;
  /** Whether some of its texts lie among the chunk's. */
  readonly hasTexts: boolean;
}

/** Up to VECTOR_ROWS rows, in memory that is soon used for others. */
export interface RawChunk {
  readonly rows: number;
  readonly columns: readonly RawColumn[];
  /** Texts that do not fit in place. */
  readonly texts: Uint8Array;
}

interface KeptColumn {
  readonly values: Piece;
  readonly valuesBytes: number;
  readonly validity: Piece | undefined;
  readonly hasTexts: boolean;
}

/** A copy of a chunk, for DuckDB to take. */
export class KeptChunk {
  readonly rows: number;
  readonly sizeBytes: number;
  readonly #columns: readonly KeptColumn[];
  readonly #texts: Piece | undefined;

  constructor({ rows, columns, texts }: RawChunk, pieces: Pieces) {
    this.rows = rows;
    this.#columns = columns.map(({ values, validity, hasTexts }) => ({
      values: pieces.copy(values),
      valuesBytes: values.byteLength,
      validity: validity && pieces.copy(validity),
      hasTexts,
    }));
    this.#texts = texts.byteLength === 0 ? undefined : pieces.copy(texts);
    this.sizeBytes = this.#columns.reduce((sum, { valuesBytes }) => sum + valuesBytes, texts.byteLength);
  }

  copyTo(output: DataChunk): void {
    duckdb.data_chunk_set_size(output, this.rows);
    for (const [index, column] of this.#columns.entries()) {
      this.#copyColumn(column, duckdb.data_chunk_get_vector(output, index));
    }
  }

  #copyColumn({ values, valuesBytes, validity, hasTexts }: KeptColumn, vector: Vector): void {
    duckdb.copy_data_to_vector(vector, 0, values.memory, values.start, valuesBytes);
    if (validity !== undefined) {
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.copy_data_to_vector_validity(vector, 0, validity.memory, validity.start, VALIDITY_BYTES);
    }
    if (hasTexts && this.#texts !== undefined) assignTexts(vector, values, this.rows, this.#texts);
  }
}

function assignTexts(vector: Vector, values: Piece, rows: number, texts: Piece): void {
  const strings = new DataView(values.memory, values.start, rows * STRING_BYTES);
  for (let row = 0; row < rows; row++) {
    const length = strings.getUint32(row * STRING_BYTES, true);
    if (length <= INLINE_BYTES) continue;
    const start = texts.start + strings.getUint32(row * STRING_BYTES + PLACE_AT, true);
    duckdb.vector_assign_string_element_len(vector, row, new Uint8Array(texts.memory, start, length));
  }
}
