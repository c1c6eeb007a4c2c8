import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { Piece } from './slab-memory.ts';

/** Texts that lie one after the other: the rows they belong to, and where each ends. */
export interface KeptTexts {
  readonly piece: Piece;
  readonly rows: readonly number[];
  readonly ends: readonly number[];
}

/** The values of one column of a chunk, laid out as DuckDB's vectors are. */
export class KeptColumn {
  readonly #values: Piece;
  readonly #valuesBytes: number;
  readonly #valid: Piece | undefined;
  readonly #texts: KeptTexts | undefined;

  /** @param valid a bit for each row of a whole vector; undefined where no value is missing */
  constructor(values: Piece, valuesBytes: number, valid?: Piece, texts?: KeptTexts) {
    this.#values = values;
    this.#valuesBytes = valuesBytes;
    this.#valid = valid;
    this.#texts = texts;
  }

  get sizeBytes(): number {
    return this.#valuesBytes + (this.#texts?.ends.at(-1) ?? 0);
  }

  copyTo(vector: Vector): void {
    duckdb.copy_data_to_vector(vector, 0, this.#values.memory, this.#values.start, this.#valuesBytes);
    if (this.#valid !== undefined) {
      duckdb.vector_ensure_validity_writable(vector);
      const { memory, start } = this.#valid;
      duckdb.copy_data_to_vector_validity(vector, 0, memory, start, VALIDITY_BYTES);
    }
    if (this.#texts === undefined) return;
    const { piece, rows, ends } = this.#texts;
    let start = 0;
    for (const [index, row] of rows.entries()) {
      const end = ends[index] as number;
      const text = new Uint8Array(piece.memory, piece.start + start, end - start);
      duckdb.vector_assign_string_element_len(vector, row, text);
      start = end;
    }
  }
}

const VALIDITY_BYTES = duckdb.vector_size() / 8;
