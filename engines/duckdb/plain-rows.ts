import { PROVENANCE_COLUMNS, type TableDefinition } from '../../definition/table-definition.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { ColumnVector, VECTOR_ROWS } from './column-vector.ts';
import type { KeptRows, KeptRowsFunction } from './kept-rows.ts';
import { MixedRows } from './mixed-rows.ts';
import { VECTOR_TYPES } from './vector-types.ts';

/** Bytes of rows that are kept in memory for one batch; further records go through the disk. */
export const PLAIN_ROWS_MAX_BYTES = 128 * 1024 ** 2;

/** Rows of records that are together larger than this go to DuckDB at once: until then the vectors hold copies of their texts. */
export const PLAIN_CHUNK_MAX_BYTES = 8 * 1024 ** 2;

/**
 * Rows on their way into files, column by column: the definition's, and where the record came from. Each belongs to a period
 * (hour or day since the epoch), which its partition stands for. Chunks of one period, nearly all where records come in order of
 * time, are kept as they are; those of several go into a table in DuckDB's memory, which tells the periods' rows apart.
 */
export class PlainRows {
  /** The definition's columns, in its order. */
  readonly columns: readonly ColumnVector[];
  /** Periods that have rows. */
  readonly periods = new Set<number>();
  /** The place of the next row in the vectors. */
  row = 0;
  #total = 0;
  #keptBytes = 0;
  /** Of the records whose rows are in the vectors. */
  #recordBytes = 0;
  #lastPeriod = Number.NaN;
  /** Whether rows of several periods are in the vectors. */
  #isMixed = false;
  #hasMixed = false;
  readonly #partition = new ColumnVector('int');
  readonly #offset = new ColumnVector('bigint');
  readonly #timestamp = new ColumnVector('timestamp');
  readonly #period = new ColumnVector('int');
  readonly #stored: readonly ColumnVector[];
  readonly #kept: KeptRows;
  readonly #mixed: MixedRows;

  private constructor(definition: TableDefinition, kept: KeptRows, mixed: MixedRows) {
    this.columns = definition.columns.map(({ type }) => new ColumnVector(type));
    this.#stored = [...this.columns, this.#partition, this.#offset, this.#timestamp];
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
    return new PlainRows(definition, kept, mixed);
  }

  /** Rows so far. */
  get rows(): number {
    return this.#total + this.row;
  }

  /** Whether as much is kept as may be. */
  get isFull(): boolean {
    return this.#keptBytes >= PLAIN_ROWS_MAX_BYTES;
  }

  /** Ends a row whose columns have been set. */
  endRow(partition: number, offset: number, timestampMs: number, period: number, recordBytes: number): void {
    const { row } = this;
    this.#partition.setInt(row, partition);
    this.#offset.setLong(row, offset);
    this.#timestamp.setLong(row, timestampMs * 1000);
    this.#period.setInt(row, period);
    if (period !== this.#lastPeriod) {
      this.periods.add((this.#lastPeriod = period));
      this.#isMixed = row > 0;
    }
    this.row++;
    this.#recordBytes += recordBytes;
    if (this.row === VECTOR_ROWS || this.#recordBytes > PLAIN_CHUNK_MAX_BYTES) this.#endChunk();
  }

  /** Has what is left be read too; nothing can be added after it. */
  finish(): void {
    if (this.row > 0) this.#endChunk();
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

  #endChunk(): void {
    const { row: rows } = this;
    this.#keptBytes += this.#isMixed
      ? this.#mixed.add([...this.#stored, this.#period], rows)
      : this.#kept.add(this.#lastPeriod, this.#stored, rows);
    this.#hasMixed ||= this.#isMixed;
    this.#isMixed = false;
    this.#total += rows;
    this.row = 0;
    this.#recordBytes = 0;
  }
}
