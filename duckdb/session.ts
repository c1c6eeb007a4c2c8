import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { availableParallelism } from 'node:os';

/** Memory that one session may take before it spills or refuses. */
export const DUCKDB_MEMORY_LIMIT = '512MB';

/** What a session may take. Where it has a folder to spill to, more than its memory can be sorted. */
export interface SessionLimits {
  readonly threads: number;
  readonly memoryLimit: string;
  readonly spillFolder?: string;
}

type Row = Record<string, unknown>;

/** One in-process DuckDB, in UTC. Its errors reach the caller as DuckDB words them. */
export class DuckDbSession {
  /** Undefined for a branch of another session. */
  readonly #instance: DuckDBInstance | undefined;
  readonly connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance | undefined, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(
    limits: SessionLimits = { threads: availableParallelism(), memoryLimit: DUCKDB_MEMORY_LIMIT },
  ): Promise<DuckDbSession> {
    // Loaded with the first session: not every process and thread that may open one does.
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(limits.threads),
      memory_limit: limits.memoryLimit,
      ...(limits.spillFolder === undefined ? {} : { temp_directory: limits.spillFolder }),
    });
    return new DuckDbSession(instance, await connect(instance));
  }

  /** Another session on the same DuckDB, with temporary tables of its own; it must be closed before this one. */
  async branch(): Promise<DuckDbSession> {
    if (this.#instance === undefined) throw new Error('A branch has no branches.');
    return new DuckDbSession(undefined, await connect(this.#instance));
  }

  /** The rows of one statement, in a session of its own. */
  static async once(sql: string): Promise<Row[]> {
    const session = await DuckDbSession.open();
    try {
      return await session.rows(sql);
    } finally {
      session.close();
    }
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** All rows, with values as JSON has them: 64-bit integers are texts. */
  async rows(sql: string): Promise<Row[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowObjectsJson();
  }

  close(): void {
    this.connection.closeSync();
    this.#instance?.closeSync();
  }
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  await connection.run("SET timezone = 'UTC'");
  return connection;
}
