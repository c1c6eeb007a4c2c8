import type { CpuHistory } from '../api/wire.ts';
import { Completeness } from './completeness.ts';
import type { Commit } from './commits.ts';
import type { IndexedFile } from './indexed-file.ts';
import type { CommittedFile } from './health-sql.ts';
import type { HealthReader } from './health-reader.ts';
import type { Arrivals } from './live-rows.ts';
import { MEMORY_KEEP_MS, MetricWindow } from './metric-window.ts';
import { sampleFiles } from './sample-files.ts';
import type { ServerList } from './server-list.ts';
import { FORGET_AFTER_MS } from './server-list.ts';
import type { TableFollower } from './table-follower.ts';

/** Files fetched together at start: enough to be quick, few enough not to hold up new commits. */
export const FILES_PER_READ = 50;
/** Moments of the last day looked into for servers that have not been heard of for over an hour. */
export const ROLL_CALL_STEPS = 96;
/** The small lines' means of CPU. */
export const LINE_BUCKET_MS = 15_000;
export const LINE_BUCKETS = 40;
/** Attempts at reading a new file before it is left out. */
export const READ_ATTEMPTS = 5;

interface Waiting {
  readonly file: CommittedFile;
  attempts: number;
}

/** The rows behind the servers' pages: the last hour's at start, newest first, then each commit's as it comes. */
export class HealthFollower {
  readonly servers: ServerList;
  readonly completeness = new Completeness();
  /** From when on all rows are in memory. */
  memoryFromMs = Number.POSITIVE_INFINITY;
  state: 'waiting' | 'loading' | 'following' = 'waiting';
  /** Files whose rows could not be read and are missing here. */
  unreadFiles = 0;
  /** How far each Kafka partition's rows are in what is shown: the log is ahead of it while files are being read. */
  shownOffsets: ReadonlyMap<number, bigint> = new Map();
  readonly #table: TableFollower;
  readonly #reader: HealthReader;
  readonly #window = new MetricWindow();
  readonly #onChange: () => void;
  readonly #onLoaded: () => void;
  readonly #waiting: Waiting[] = [];
  #stopped = false;
  #loading: Promise<void> = Promise.resolve();

  constructor(
    table: TableFollower,
    reader: HealthReader,
    servers: ServerList,
    events: { onChange: () => void; onLoaded: () => void },
  ) {
    this.#table = table;
    this.#reader = reader;
    this.servers = servers;
    this.#onChange = events.onChange;
    this.#onLoaded = events.onLoaded;
  }

  get tableName(): string {
    return this.#table.definition.table;
  }

  /** Every server's figures since `memoryFromMs`. */
  get window(): MetricWindow {
    return this.#window;
  }

  /** CPU of the last ten minutes, in whole per cent. */
  cpuHistory(): CpuHistory {
    const newestMs = this.servers.newestEventTimeMs ?? Date.now();
    const lastBucketMs = Math.floor(newestMs / LINE_BUCKET_MS) * LINE_BUCKET_MS;
    const line = {
      fromMs: lastBucketMs - (LINE_BUCKETS - 1) * LINE_BUCKET_MS,
      bucketMs: LINE_BUCKET_MS,
      buckets: LINE_BUCKETS,
    };
    const cpuPct = this.#window.lines(this.servers.hosts(), 'cpuPct', line, Math.round);
    return { bucketMs: LINE_BUCKET_MS, lastBucketMs, cpuPct };
  }

  /** Reads the newest rows at once, and lets the rest of the last hour follow in the background. */
  async start(nowMs: number): Promise<void> {
    // What an attempt before this one has left.
    this.#window.trim(Number.POSITIVE_INFINITY);
    const endMs = this.#table.files.newestTimeMs(nowMs) ?? nowMs;
    const fromMs = endMs - MEMORY_KEEP_MS;
    this.memoryFromMs = endMs;
    const files = this.#table.files.overlapping(fromMs, Number.POSITIVE_INFINITY);
    const newest = files.splice(0, FILES_PER_READ);
    await this.#readPast(newest, fromMs);
    this.state = 'loading';
    this.shownOffsets = this.#table.committedOffsets();
    this.#onChange();
    this.#loading = this.#table
      .guard(() => this.#loadPast(files, fromMs, endMs))
      .then(() => {
        this.state = 'following';
        if (!this.#stopped) this.#onLoaded();
      });
  }

  /** Takes new commits' rows in. What cannot be read now is tried again with the next call. */
  async take(commits: readonly Commit[]): Promise<void> {
    for (const { newFiles } of commits) {
      for (const path of newFiles) {
        this.#waiting.push({ file: this.#table.committedFile({ path, maxTimeMs: Date.now() }), attempts: 0 });
      }
    }
    const offsets = this.#table.committedOffsets();
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) break;
      await this.#takeFile(next);
      this.#waiting.shift();
      this.#onChange();
    }
    this.shownOffsets = offsets;
  }

  /** One by one, so that a file that cannot be read takes no others with it. */
  async #takeFile(waiting: Waiting): Promise<void> {
    const fromMs = (this.servers.newestEventTimeMs ?? Date.now()) - MEMORY_KEEP_MS;
    try {
      await this.#take([waiting.file], fromMs);
    } catch (thrown) {
      waiting.attempts += 1;
      if (waiting.attempts < READ_ATTEMPTS) throw thrown;
      this.unreadFiles += 1;
    }
  }

  trim(): void {
    const newestMs = this.servers.newestEventTimeMs;
    if (newestMs === undefined || this.state === 'loading') return;
    this.#window.trim(newestMs - MEMORY_KEEP_MS);
    this.memoryFromMs = Math.max(this.memoryFromMs, this.#window.oldestMs ?? 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loading;
  }

  async #loadPast(files: readonly IndexedFile[], fromMs: number, endMs: number): Promise<void> {
    for (let start = 0; start < files.length && !this.#stopped; start += FILES_PER_READ) {
      if (this.#window.nearlyFull) break;
      await this.#readPast(files.slice(start, start + FILES_PER_READ), fromMs);
    }
    if (this.#stopped) return;
    if (!this.#window.nearlyFull) this.memoryFromMs = fromMs;
    await this.#callRoll(endMs, fromMs);
  }

  async #readPast(files: readonly IndexedFile[], fromMs: number): Promise<void> {
    if (files.length === 0) return;
    const committed = files.map((file) => this.#table.committedFile(file));
    await this.#take(committed, fromMs);
    this.memoryFromMs = Math.min(this.memoryFromMs, files.at(-1)?.maxTimeMs ?? this.memoryFromMs);
  }

  /** Finds servers that went silent before the window, so that a restart does not hide them. */
  async #callRoll(endMs: number, beforeMs: number): Promise<void> {
    const sinceMs = endMs - FORGET_AFTER_MS;
    const old = this.#table.files.overlapping(sinceMs, beforeMs);
    const stepMs = (beforeMs - sinceMs) / ROLL_CALL_STEPS;
    const { files } = sampleFiles(old, { fromMs: sinceMs, toMs: beforeMs, stepMs }, 1);
    if (files.length === 0) return;
    const known = new Set(this.servers.hosts());
    // A clock that ran ahead must not make all others look late.
    const newer: Arrivals['newer'] = (host, eventTimeMs) =>
      known.has(host) || eventTimeMs < sinceMs ? undefined : this.servers.newer(host, Math.min(eventTimeMs, beforeMs));
    const committed = files.map((file) => this.#table.committedFile(file));
    await this.#read(committed, { newer, latencies: new Map() });
    this.servers.judgeNewer();
  }

  /** Takes some files' rows in, and keeps those since `fromMs`. A file that breaks off halfway is kept as far as it goes. */
  async #take(files: readonly CommittedFile[], fromMs: number): Promise<void> {
    const arrivals: Arrivals = {
      newer: (host, eventTimeMs) => this.servers.newer(host, eventTimeMs),
      latencies: new Map(),
      kept: { window: this.#window, fromMs },
    };
    await this.#read(files, arrivals);
    for (const { kafkaPartition, eventTimeMs } of this.servers.judgeNewer()) {
      this.completeness.sawRow(kafkaPartition, eventTimeMs);
    }
    this.#noteLatencies(arrivals);
  }

  async #read(files: readonly CommittedFile[], arrivals: Arrivals): Promise<void> {
    await this.#table.readFiles(files, async (readable) => {
      for (const file of readable) await this.#reader.read(file, arrivals);
    });
  }

  #noteLatencies({ latencies }: Arrivals): void {
    for (const [version, counts] of latencies) {
      const atMs = this.#table.commitTimeOf(version);
      if (atMs !== undefined) this.#table.figures.addLatencies({ version, atMs }, counts);
    }
  }
}
