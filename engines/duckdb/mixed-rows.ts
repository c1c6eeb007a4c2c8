import duckdb from '@duckdb/node-bindings';
import { type DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { ColumnDefinition } from '../../definition/table-definition.ts';
import { identifier } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import type { KeptColumn } from './kept-column.ts';
import { DUCKDB_TYPES } from './record-sql.ts';
import { VECTOR_TYPES } from './vector-types.ts';

/** A name that no column of a definition can have. */
const PERIOD_COLUMN = '~period';

/** Rows of several periods, in a table in DuckDB's memory. */
export class MixedRows {
  readonly #table: string;
  readonly #appender: DuckDBAppender;
  readonly #chunk: DuckDBDataChunk;

  private constructor(table: string, appender: DuckDBAppender, chunk: DuckDBDataChunk) {
    this.#table = table;
    this.#appender = appender;
    this.#chunk = chunk;
  }

  /** @param columns all but the period, which comes after them */
  static async create(session: DuckDbSession, table: string, columns: readonly ColumnDefinition[]): Promise<MixedRows> {
    const all: readonly ColumnDefinition[] = [...columns, { name: PERIOD_COLUMN, type: 'int', required: true }];
    const list = all.map(({ name, type }) => `${identifier(name)} ${DUCKDB_TYPES[type]}`).join(', ');
    await session.run(`CREATE TEMP TABLE ${identifier(table)} (${list})`);
    const chunk = DuckDBDataChunk.create(all.map(({ type }) => VECTOR_TYPES[type]));
    return new MixedRows(table, await session.connection.createAppender(table), chunk);
  }

  /** Copies a chunk of rows. Returns how many bytes they take. */
  append(columns: readonly KeptColumn[], rows: number): number {
    const { chunk } = this.#chunk;
    duckdb.data_chunk_reset(chunk);
    duckdb.data_chunk_set_size(chunk, rows);
    columns.forEach((column, index) => column.copyTo(duckdb.data_chunk_get_vector(chunk, index)));
    this.#appender.appendDataChunk(this.#chunk);
    return columns.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Nothing can be added after it. */
  finish(): void {
    this.#appender.closeSync();
  }

  /** The statement that reads a period's rows. */
  select(period: number): string {
    const column = identifier(PERIOD_COLUMN);
    return `SELECT * EXCLUDE (${column}) FROM ${identifier(this.#table)} WHERE ${column} = ${period}`;
  }
}
