import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { CHARTED_COLUMNS } from './health-columns.ts';
import { type ReadableFile, relationOf } from './health-sql.ts';
import { type ArrivedRows, readLiveRows } from './live-rows.ts';

/** Rows are dropped by whole segments of this much commit time: dropping a table frees its memory, deleting rows does not. */
export const SEGMENT_MS = 300_000;
/** How long rows stay in memory. */
export const MEMORY_KEEP_MS = 3_600_000;
/** Rows kept in memory at most, about 120 bytes each; past it the oldest segments go, and are read from files when asked for. */
export const MEMORY_MAX_ROWS = 6_000_000;
/** What DuckDB may use; past it a query fails with a message instead of the process dying. */
export const MEMORY_LIMIT = '2GB';
/** A commit's few thousand rows are read cheapest by one thread. */
const THREADS = 1;

/** One bucket of one server: its start, and the means of its rows by API name. */
export interface BucketMeans {
  readonly timeMs: number;
  readonly values: Readonly<Record<string, number | null>>;
}

interface Segment {
  readonly table: string;
  rows: number;
}

/** The rows of the last hour in an in-memory DuckDB, each committed file read once; and questions to older files. */
export class RowWindow {
  readonly #instance: DuckDBInstance;
  readonly #writing: DuckDBConnection;
  readonly #asking: DuckDBConnection;
  readonly #segments = new Map<number, Segment>();
  readonly #maxRows: number;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    instance: DuckDBInstance,
    connections: { writing: DuckDBConnection; asking: DuckDBConnection },
    maxRows: number,
  ) {
    this.#instance = instance;
    this.#writing = connections.writing;
    this.#asking = connections.asking;
    this.#maxRows = maxRows;
  }

  static async open(maxRows = MEMORY_MAX_ROWS): Promise<RowWindow> {
    const instance = await DuckDBInstance.create(':memory:', { threads: String(THREADS), memory_limit: MEMORY_LIMIT });
    const connections = { writing: await instance.connect(), asking: await instance.connect() };
    const window = new RowWindow(instance, connections, maxRows);
    await window.#replaceView();
    return window;
  }

  get rows(): number {
    return [...this.#segments.values()].reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Start of the oldest segment; undefined while there is none. */
  get oldestMs(): number | undefined {
    return this.#segments.size === 0 ? undefined : Math.min(...this.#segments.keys()) * SEGMENT_MS;
  }

  /** Reads files once: rows since `fromMs` into memory, and what their newest rows say. */
  async read(files: readonly ReadableFile[], fromMs: number): Promise<ArrivedRows> {
    return this.#inTurn(async () => {
      const bySegment = Map.groupBy(files, ({ commit, maxTimeMs }) =>
        Math.floor((commit?.atMs ?? maxTimeMs) / SEGMENT_MS),
      );
      // First what fails where a file cannot be read, so that nothing is kept twice by the next attempt.
      const arrived = await readLiveRows(this.#writing, files);
      for (const [start, its] of bySegment) await this.#keep(start, its, fromMs);
      return arrived;
    });
  }

  /** What the newest rows of some files say, without keeping any. */
  async glance(files: readonly ReadableFile[]): Promise<ArrivedRows> {
    return this.#inTurn(() => readLiveRows(this.#writing, files));
  }

  /** Drops what is too old, and the oldest of what is too much. */
  async trim(beforeMs: number): Promise<void> {
    await this.#inTurn(async () => {
      for (const [start, { table }] of [...this.#segments].sort(([a], [b]) => a - b)) {
        const tooOld = (start + 1) * SEGMENT_MS <= beforeMs;
        const tooMuch = this.rows > this.#maxRows && this.#segments.size > 1;
        if (!tooOld && !tooMuch) return;
        this.#segments.delete(start);
        await this.#replaceView();
        await this.#writing.run(`DROP TABLE ${table}`);
      }
    });
  }

  /** Means of one server's rows in memory; only buckets that have rows. */
  async means(host: string, fromMs: number, toMs: number, bucketMs: number): Promise<BucketMeans[]> {
    return meansOf(this.#asking, 'SELECT * FROM health_rows', { host, fromMs, toMs, bucketMs });
  }

  /** The same from files. */
  async meansOfFiles(
    files: readonly ReadableFile[],
    host: string,
    fromMs: number,
    toMs: number,
    bucketMs: number,
  ): Promise<BucketMeans[]> {
    if (files.length === 0) return [];
    return meansOf(this.#asking, relationOf(CHARTED_COLUMNS, files), { host, fromMs, toMs, bucketMs });
  }

  /** Mean CPU of every server by bucket: host, start of the bucket, per cent. */
  async cpuHistory(fromMs: number, bucketMs: number): Promise<(readonly [string, number, number])[]> {
    const reader = await this.#asking.runAndReadAll(
      `SELECT host, ((event_ms // ${bucketMs}) * ${bucketMs})::DOUBLE, avg("cpuPct")::DOUBLE
       FROM health_rows WHERE event_ms >= ${fromMs} AND "cpuPct" IS NOT NULL GROUP BY 1, 2`,
    );
    return reader.getRowsJS() as unknown as (readonly [string, number, number])[];
  }

  async close(): Promise<void> {
    await this.#inTurn(() => {
      this.#writing.closeSync();
      this.#asking.closeSync();
      this.#instance.closeSync();
      return Promise.resolve();
    });
  }

  async #keep(start: number, files: readonly ReadableFile[], fromMs: number): Promise<void> {
    let segment = this.#segments.get(start);
    if (segment === undefined) {
      segment = { table: `segment_${start}`, rows: 0 };
      await this.#writing.run(`CREATE OR REPLACE TABLE ${segment.table} AS ${EMPTY}`);
      this.#segments.set(start, segment);
      await this.#replaceView();
    }
    const inserted = await this.#writing.run(
      `INSERT INTO ${segment.table} SELECT host, event_ms, ${NAMES} FROM (${relationOf(CHARTED_COLUMNS, files)})
       WHERE event_ms >= ${fromMs}`,
    );
    segment.rows += inserted.rowsChanged;
  }

  async #replaceView(): Promise<void> {
    const tables = [...this.#segments.values()].map(({ table }) => `SELECT * FROM ${table}`);
    await this.#writing.run(`CREATE OR REPLACE VIEW health_rows AS ${[EMPTY, ...tables].join(' UNION ALL ')}`);
  }

  /** Changes one after another. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

const NAMES = CHARTED_COLUMNS.map(({ name }) => `"${name}"`).join(', ');
const EMPTY = `SELECT NULL::VARCHAR AS host, NULL::BIGINT AS event_ms, ${CHARTED_COLUMNS.map(
  ({ name, type }) => `NULL::${type} AS "${name}"`,
).join(', ')} WHERE false`;

async function meansOf(
  connection: DuckDBConnection,
  source: string,
  { host, fromMs, toMs, bucketMs }: { host: string; fromMs: number; toMs: number; bucketMs: number },
): Promise<BucketMeans[]> {
  const means = CHARTED_COLUMNS.map(({ name }) => `avg("${name}")::DOUBLE`).join(', ');
  const reader = await connection.runAndReadAll(
    `SELECT ((event_ms // ${bucketMs}) * ${bucketMs})::DOUBLE, ${means} FROM (${source})
     WHERE host = $host AND event_ms >= ${fromMs} AND event_ms < ${toMs} GROUP BY 1 ORDER BY 1`,
    { host },
  );
  return reader.getRowsJS().map(([timeMs, ...values]) => ({
    timeMs: Number(timeMs),
    values: Object.fromEntries(CHARTED_COLUMNS.map(({ name }, index) => [name, meanOf(values[index])])),
  }));
}

/** Rounded to what a chart can show. */
function meanOf(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return Math.abs(value) >= 1000 ? Math.round(value) : Math.round(value * 100) / 100;
}
