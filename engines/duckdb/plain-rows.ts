import { PROVENANCE_COLUMNS, type TableDefinition } from '../../definition/table-definition.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import type { RawChunk } from './kept-chunk.ts';
import type { KeptRows, KeptRowsFunction } from './kept-rows.ts';
import { MixedRows } from './mixed-rows.ts';
import { VECTOR_TYPES } from './vector-types.ts';

/** Bytes of rows that are kept in memory for one batch; further records go through the disk. */
export const PLAIN_ROWS_MAX_BYTES = 128 * 1024 ** 2;

/** A chunk ends where its records are together larger than this: until then the decoder holds copies of their texts. */
export const PLAIN_CHUNK_MAX_BYTES = 8 * 1024 ** 2;

/**
 * Rows on their way into files, column by column: the definition's, and where the record came from. Each belongs to a period
 * (hour or day since the epoch), which its partition stands for. Chunks of one period, nearly all where records come in order of
 * time, are kept as they are; those of several go into a table in DuckDB's memory, which tells the periods' rows apart.
 */
export class PlainRows {
  /** Periods that have rows. */
  readonly periods = new Set<number>();
  #total = 0;
  #keptBytes = 0;
  #hasMixed = false;
  readonly #kept: KeptRows;
  readonly #mixed: MixedRows;

  private constructor(kept: KeptRows, mixed: MixedRows) {
    this.#kept = kept;
    this.#mixed = mixed;
  }

  /** @param mixedTable a name for the table of rows that lie between those of other periods */
  static async create(
    session: DuckDbSession,
    keptRows: KeptRowsFunction,
    definition: TableDefinition,
    mixedTable: string,
  ): Promise<PlainRows> {
    const columns = [...definition.columns, ...PROVENANCE_COLUMNS];
    const mixed = await MixedRows.create(session, mixedTable, columns, keptRows.memory);
    const kept = keptRows.keep(columns.map(({ name, type }) => ({ name, type: VECTOR_TYPES[type] })));
    return new PlainRows(kept, mixed);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#total;
  }

  /** Whether as much is kept as may be. */
  get isFull(): boolean {
    return this.#keptBytes >= PLAIN_ROWS_MAX_BYTES;
  }

  /**
   * Keeps a chunk's rows; its last column is their period.
   * @param period of all rows; undefined where they are of several
   */
  add(chunk: RawChunk, period: number | undefined): void {
    this.#total += chunk.rows;
    if (period === undefined) {
      this.#hasMixed = true;
      this.#keptBytes += this.#mixed.add(chunk);
    } else {
      this.#keptBytes += this.#kept.add(period, { ...chunk, columns: chunk.columns.slice(0, -1) });
    }
  }

  /** Has what is left be read too; nothing can be added after it. */
  finish(): void {
    this.#mixed.finish();
  }

  /** The statement that reads a period's rows, once. */
  select(period: number): string {
    const kept = `FROM ${this.#kept.from(period)}`;
    return this.#hasMixed ? `${kept} UNION ALL ${this.#mixed.select(period)}` : kept;
  }

  /** Gives the memory back; there is nothing to be read any more. */
  free(): void {
    this.#kept.free();
  }
}
