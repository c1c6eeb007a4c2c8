import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { CHARTED_COLUMNS } from './health-columns.ts';
import { type ReadableFile, relationOf } from './health-sql.ts';
import { type Arrivals, readLiveRows } from './live-rows.ts';
import { type BucketMeans, shown } from './metric-window.ts';

/** What DuckDB may use; past it a query fails with a message instead of the process dying. */
export const MEMORY_LIMIT = '2GB';
/** A commit's few thousand rows are read cheapest by one thread. */
const THREADS = 1;

/** Reads the health table's files: new ones row by row, old ones for a chart. */
export class HealthReader {
  readonly #instance: DuckDBInstance;
  readonly #following: DuckDBConnection;
  readonly #asking: DuckDBConnection;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(instance: DuckDBInstance, following: DuckDBConnection, asking: DuckDBConnection) {
    this.#instance = instance;
    this.#following = following;
    this.#asking = asking;
  }

  static async open(): Promise<HealthReader> {
    const instance = await DuckDBInstance.create(':memory:', { threads: String(THREADS), memory_limit: MEMORY_LIMIT });
    return new HealthReader(instance, await instance.connect(), await instance.connect());
  }

  /** Reads one file's rows, one file after another. */
  async read(file: ReadableFile, arrivals: Arrivals): Promise<void> {
    return this.#inTurn(() => readLiveRows(this.#following, file, arrivals));
  }

  /** Means of one server's rows in some files; only buckets that have rows. */
  async meansOfFiles(
    files: readonly ReadableFile[],
    host: string,
    { fromMs, toMs, bucketMs }: { readonly fromMs: number; readonly toMs: number; readonly bucketMs: number },
  ): Promise<BucketMeans[]> {
    if (files.length === 0) return [];
    const means = CHARTED_COLUMNS.map(({ name }) => `avg("${name}")::DOUBLE`).join(', ');
    const reader = await this.#asking.runAndReadAll(
      `SELECT ((event_ms // ${bucketMs}) * ${bucketMs})::DOUBLE, ${means} FROM (${relationOf(CHARTED_COLUMNS, files)})
       WHERE host = $host AND event_ms >= ${fromMs} AND event_ms < ${toMs} GROUP BY 1 ORDER BY 1`,
      { host },
    );
    return reader.getRowsJS().map(([timeMs, ...values]) => ({
      timeMs: Number(timeMs),
      values: Object.fromEntries(CHARTED_COLUMNS.map(({ name }, index) => [name, meanOf(values[index])])),
    }));
  }

  async close(): Promise<void> {
    await this.#inTurn(() => {
      this.#following.closeSync();
      this.#asking.closeSync();
      this.#instance.closeSync();
      return Promise.resolve();
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function meanOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? shown(value) : null;
}
