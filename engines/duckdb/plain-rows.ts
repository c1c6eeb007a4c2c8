import duckdb, { type DataChunk } from '@duckdb/node-bindings';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBType,
  INTEGER,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import {
  type ColumnType,
  type ColumnDefinition,
  PROVENANCE_COLUMNS,
  type TableDefinition,
} from '../../definition/table-definition.ts';
import { identifier } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { ColumnVector, VECTOR_ROWS } from './column-vector.ts';
import { DUCKDB_TYPES } from './record-sql.ts';

/** A name that no column of a definition can have. */
export const PERIOD_COLUMN = '~period';

/** Bytes of rows that are kept in memory for one batch; further records go through the disk. */
export const PLAIN_ROWS_MAX_BYTES = 128 * 1024 ** 2;

/** Rows of records that are together larger than this go to DuckDB at once: until then the vectors hold copies of their texts. */
export const PLAIN_CHUNK_MAX_BYTES = 8 * 1024 ** 2;

const TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  string: VARCHAR,
  boolean: BOOLEAN,
  int: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  timestamp: TIMESTAMPTZ,
  date: DATE,
};

/**
 * Rows on their way into a table in DuckDB's memory, column by column: the definition's, where the record came from, and the
 * period (hour or day since the epoch) that the row's partition stands for.
 */
export class PlainRows {
  readonly table: string;
  /** The definition's columns, in its order. */
  readonly columns: readonly ColumnVector[];
  /** Periods that have rows. */
  readonly periods = new Set<number>();
  /** The place of the next row in the vectors. */
  row = 0;
  #total = 0;
  #appendedBytes = 0;
  /** Of the records whose rows are in the vectors. */
  #recordBytes = 0;
  #lastPeriod = Number.NaN;
  readonly #partition = new ColumnVector('int');
  readonly #offset = new ColumnVector('bigint');
  readonly #timestamp = new ColumnVector('timestamp');
  readonly #period = new ColumnVector('int');
  readonly #all: readonly ColumnVector[];
  readonly #chunk: DuckDBDataChunk;
  readonly #appender: DuckDBAppender;

  private constructor(table: string, definition: TableDefinition, appender: DuckDBAppender) {
    this.table = table;
    this.#appender = appender;
    this.columns = definition.columns.map(({ type }) => new ColumnVector(type));
    this.#all = [...this.columns, this.#partition, this.#offset, this.#timestamp, this.#period];
    this.#chunk = DuckDBDataChunk.create(this.#all.map(({ type }) => TYPES[type]));
  }

  static async create(session: DuckDbSession, definition: TableDefinition, table: string): Promise<PlainRows> {
    const columns: ColumnDefinition[] = [
      ...definition.columns,
      ...PROVENANCE_COLUMNS,
      { name: PERIOD_COLUMN, type: 'int', required: true },
    ];
    const list = columns.map(({ name, type }) => `${identifier(name)} ${DUCKDB_TYPES[type]}`).join(', ');
    await session.run(`CREATE TEMP TABLE ${identifier(table)} (${list})`);
    return new PlainRows(table, definition, await session.connection.createAppender(table));
  }

  /** Rows so far. */
  get rows(): number {
    return this.#total + this.row;
  }

  /** Whether as much is kept as may be. */
  get isFull(): boolean {
    return this.#appendedBytes >= PLAIN_ROWS_MAX_BYTES;
  }

  /** Ends a row whose columns have been set. */
  endRow(partition: number, offset: number, timestampMs: number, period: number, recordBytes: number): void {
    const { row } = this;
    this.#partition.setInt(row, partition);
    this.#offset.setLong(row, offset);
    this.#timestamp.setLong(row, timestampMs * 1000);
    this.#period.setInt(row, period);
    if (period !== this.#lastPeriod) this.periods.add((this.#lastPeriod = period));
    this.row++;
    this.#recordBytes += recordBytes;
    if (this.row === VECTOR_ROWS || this.#recordBytes > PLAIN_CHUNK_MAX_BYTES) this.#append();
  }

  /** Puts what is left into the table; nothing can be added after it. */
  finish(): void {
    if (this.row > 0) this.#append();
    this.#appender.closeSync();
  }

  #append(): void {
    const chunk: DataChunk = this.#chunk.chunk;
    duckdb.data_chunk_reset(chunk);
    duckdb.data_chunk_set_size(chunk, this.row);
    this.#all.forEach((vector, column) => (this.#appendedBytes += vector.moveTo(chunk, column, this.row)));
    this.#appender.appendDataChunk(this.#chunk);
    this.#total += this.row;
    this.row = 0;
    this.#recordBytes = 0;
  }
}
