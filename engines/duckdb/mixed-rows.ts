import duckdb from '@duckdb/node-bindings';
import { type DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api';
import type { ColumnDefinition } from '../../definition/table-definition.ts';
import { identifier } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { KeptChunk, type RawChunk } from './kept-chunk.ts';
import { DUCKDB_TYPES } from './record-sql.ts';
import { Pieces, type SlabMemory } from './slab-memory.ts';
import { VECTOR_TYPES } from './vector-types.ts';

/** A name that no column of a definition can have. */
const PERIOD_COLUMN = '~period';

/** Rows of several periods, in a table in DuckDB's memory. */
export class MixedRows {
  readonly #table: string;
  readonly #appender: DuckDBAppender;
  readonly #chunk: DuckDBDataChunk;
  readonly #pieces: Pieces;

  private constructor(table: string, appender: DuckDBAppender, chunk: DuckDBDataChunk, memory: SlabMemory) {
    this.#table = table;
    this.#appender = appender;
    this.#chunk = chunk;
    this.#pieces = new Pieces(memory);
  }

  /** @param columns all but the period, which comes after them */
  static async create(
    session: DuckDbSession,
    table: string,
    columns: readonly ColumnDefinition[],
    memory: SlabMemory,
  ): Promise<MixedRows> {
    const all: readonly ColumnDefinition[] = [...columns, { name: PERIOD_COLUMN, type: 'int', required: true }];
    const list = all.map(({ name, type }) => `${identifier(name)} ${DUCKDB_TYPES[type]}`).join(', ');
    await session.run(`CREATE TEMP TABLE ${identifier(table)} (${list})`);
    const chunk = DuckDBDataChunk.create(all.map(({ type }) => VECTOR_TYPES[type]));
    return new MixedRows(table, await session.connection.createAppender(table), chunk, memory);
  }

  /** Takes a chunk, whose memory may be used again. Returns how many bytes it takes. */
  add(raw: RawChunk): number {
    const { chunk } = this.#chunk;
    const kept = new KeptChunk(raw, this.#pieces);
    duckdb.data_chunk_reset(chunk);
    kept.copyTo(chunk);
    this.#appender.appendDataChunk(this.#chunk);
    this.#pieces.free();
    return kept.sizeBytes;
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
