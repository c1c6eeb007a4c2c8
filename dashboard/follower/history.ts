import type { Series, Window } from '../api/wire.ts';
import type { Completeness } from './completeness.ts';
import { CHARTED_COLUMNS, type LiveRow } from './health-columns.ts';
import type { HealthFollower } from './health-follower.ts';
import { incidentsOf } from './incidents.ts';
import type { BucketMeans } from './metric-window.ts';
import type { HealthReader } from './health-reader.ts';
import { sampleFiles } from './sample-files.ts';
import type { TableFollower } from './table-follower.ts';

const HOUR_MS = 3_600_000;

/** Every window is about 700 buckets: what a screen can show. */
export const WINDOW_SPANS: Readonly<Record<Window, { readonly spanMs: number; readonly bucketMs: number }>> = {
  '1h': { spanMs: HOUR_MS, bucketMs: 5_000 },
  '6h': { spanMs: 6 * HOUR_MS, bucketMs: 30_000 },
  '24h': { spanMs: 24 * HOUR_MS, bucketMs: 120_000 },
  '7d': { spanMs: 168 * HOUR_MS, bucketMs: 900_000 },
};

/** Files opened for each bucket of a chart at most: neighbours, since a second's rows may lie in two commits. */
export const FILES_PER_BUCKET = 2;
/** Charts whose past is remembered, each about 700 buckets. */
export const MAX_CACHED_SERIES = 128;
/** Buckets this young may still get rows, and are read anew. */
export const UNSETTLED_MS = 30_000;
/** After this a remembered chart is read anew as a whole, for rows that came very late. */
export const CACHE_KEEP_MS = 600_000;

interface Cached {
  readonly madeAtMs: number;
  fromMs: number;
  toMs: number;
  sampled: boolean;
  buckets: Map<number, BucketMeans['values']>;
}

/** One server's figures over a window: from memory as far as that goes, else from the table's files; each bucket read once. */
export class History {
  readonly #table: TableFollower;
  readonly #reader: HealthReader;
  readonly #health: HealthFollower;
  readonly #completeness: Completeness;
  readonly #cache = new Map<string, Cached>();
  readonly #underWay = new Map<string, Promise<Series>>();

  constructor(table: TableFollower, reader: HealthReader, health: HealthFollower) {
    this.#table = table;
    this.#reader = reader;
    this.#health = health;
    this.#completeness = health.completeness;
  }

  /** The window that ends now. Several who ask for the same at once are given the same answer. */
  async series(server: LiveRow, window: Window, nowMs: number): Promise<Series> {
    const key = `${window} ${server.host}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const work = this.#series(key, server, window, nowMs).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, work);
    return work;
  }

  async #series(key: string, server: LiveRow, window: Window, nowMs: number): Promise<Series> {
    const { spanMs, bucketMs } = WINDOW_SPANS[window];
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const fromMs = toMs - spanMs;
    const settledMs = Math.max(fromMs, this.#settledMs(server, nowMs, bucketMs));
    const cached = await this.#settled(key, server.host, { fromMs, toMs: settledMs, bucketMs, nowMs });
    const fresh = this.#health.window.means(server.host, settledMs, toMs, bucketMs);
    const buckets = new Map([...cached.buckets, ...fresh.map(({ timeMs, values }) => [timeMs, values] as const)]);
    const timeMs = Array.from({ length: spanMs / bucketMs }, (_, index) => fromMs + index * bucketMs);
    const metrics: Record<string, (number | null)[]> = {};
    for (const { name } of CHARTED_COLUMNS) metrics[name] = timeMs.map((time) => buckets.get(time)?.[name] ?? null);
    const untilMs = Math.max(this.#completeness.of(server.kafkaPartition) ?? 0, server.eventTimeMs);
    const { sampled } = cached;
    const incidents = incidentsOf({ timeMs, bucketMs, metrics, sampled }, server, untilMs);
    return { host: server.host, window, fromMs, toMs, bucketMs, sampled, timeMs, metrics, incidents };
  }

  /**
   * Before this, buckets need not be read again. A server whose newest row is old (it, or the pipeline, is late) may
   * still fill what is a gap today; as far as that is in memory, it is read anew.
   */
  #settledMs(server: LiveRow, nowMs: number, bucketMs: number): number {
    const newestMs = Math.min(nowMs, Math.max(server.eventTimeMs, this.#health.memoryFromMs + UNSETTLED_MS + bucketMs));
    return Math.floor((newestMs - UNSETTLED_MS) / bucketMs) * bucketMs;
  }

  /** Brings what is remembered up to date: only buckets that are new are read. */
  async #settled(
    key: string,
    host: string,
    { fromMs, toMs, bucketMs, nowMs }: { fromMs: number; toMs: number; bucketMs: number; nowMs: number },
  ): Promise<Cached> {
    let cached = this.#cache.get(key);
    const usable =
      cached !== undefined &&
      cached.fromMs <= fromMs &&
      cached.toMs >= fromMs &&
      nowMs - cached.madeAtMs < CACHE_KEEP_MS;
    if (cached === undefined || !usable) {
      cached = { madeAtMs: nowMs, fromMs, toMs: fromMs, sampled: false, buckets: new Map() };
    }
    const loading = this.#health.state !== 'following';
    const means = await this.#read(cached, host, cached.toMs, toMs, bucketMs);
    for (const { timeMs, values } of means) cached.buckets.set(timeMs, values);
    for (const time of cached.buckets.keys()) if (time < fromMs) cached.buckets.delete(time);
    cached.fromMs = fromMs;
    cached.toMs = Math.max(toMs, cached.toMs);
    this.#cache.delete(key);
    if (!loading) this.#cache.set(key, cached);
    const oldest = this.#cache.keys().next().value;
    if (this.#cache.size > MAX_CACHED_SERIES && oldest !== undefined) this.#cache.delete(oldest);
    return cached;
  }

  async #read(cached: Cached, host: string, fromMs: number, toMs: number, bucketMs: number): Promise<BucketMeans[]> {
    if (toMs <= fromMs) return [];
    const memoryMs = Math.ceil(this.#health.memoryFromMs / bucketMs) * bucketMs;
    const splitMs = Math.min(toMs, Math.max(fromMs, memoryMs));
    const older = splitMs > fromMs ? await this.#fromFiles(cached, host, fromMs, splitMs, bucketMs) : [];
    const newer = splitMs < toMs ? this.#health.window.means(host, splitMs, toMs, bucketMs) : [];
    return [...older, ...newer];
  }

  async #fromFiles(
    cached: Cached,
    host: string,
    fromMs: number,
    toMs: number,
    bucketMs: number,
  ): Promise<BucketMeans[]> {
    const overlapping = this.#table.files.overlapping(fromMs, toMs);
    const { files, sampled } = sampleFiles(overlapping, { fromMs, toMs, stepMs: bucketMs }, FILES_PER_BUCKET);
    cached.sampled ||= sampled;
    const committed = files.map((file) => ({ ...this.#table.committedFile(file), commit: undefined }));
    return this.#table.readFiles(committed, (readable) =>
      this.#reader.meansOfFiles(readable, host, { fromMs, toMs, bucketMs }),
    );
  }
}
