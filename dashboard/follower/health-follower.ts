import { Completeness } from './completeness.ts';
import type { Commit } from './commits.ts';
import type { IndexedFile } from './file-index.ts';
import { CpuRing } from './cpu-ring.ts';
import type { CommittedFile } from './health-sql.ts';
import type { ArrivedRows } from './live-rows.ts';
import type { RowWindow } from './row-window.ts';
import { MEMORY_KEEP_MS, MEMORY_MAX_ROWS } from './row-window.ts';
import { sampleFiles } from './sample-files.ts';
import type { ServerList } from './server-list.ts';
import { FORGET_AFTER_MS } from './server-list.ts';
import type { TableFollower } from './table-follower.ts';

/** Files read by one statement at start: enough to be quick, few enough not to hold up new commits. */
export const FILES_PER_READ = 50;
/** Moments of the last day looked into for servers that have not been heard of for over an hour. */
export const ROLL_CALL_STEPS = 96;
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
  readonly #window: RowWindow;
  readonly #onChange: () => void;
  readonly #onLoaded: () => void;
  readonly #waiting: Waiting[] = [];
  #readSingly = false;
  #stopped = false;
  #loading: Promise<void> = Promise.resolve();

  constructor(
    table: TableFollower,
    window: RowWindow,
    servers: ServerList,
    events: { onChange: () => void; onLoaded: () => void },
  ) {
    this.#table = table;
    this.#window = window;
    this.servers = servers;
    this.#onChange = events.onChange;
    this.#onLoaded = events.onLoaded;
  }

  get tableName(): string {
    return this.#table.definition.table;
  }

  /** Reads the newest rows at once, and lets the rest of the last hour follow in the background. */
  async start(nowMs: number): Promise<void> {
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
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.slice(0, this.#readSingly ? 1 : FILES_PER_READ);
      await this.#takeFiles(taken);
      this.#waiting.splice(0, taken.length);
      this.#onChange();
    }
    this.#readSingly = false;
    this.shownOffsets = offsets;
  }

  /** After a failure files are read one by one, so that one that cannot be read takes no others with it. */
  async #takeFiles(taken: readonly Waiting[]): Promise<void> {
    const fromMs = (this.servers.newestEventTimeMs ?? Date.now()) - MEMORY_KEEP_MS;
    try {
      const files = taken.map(({ file }) => file);
      this.#note(await this.#table.readFiles(files, (readable) => this.#window.read(readable, fromMs)));
    } catch (thrown) {
      this.#readSingly = true;
      const [only] = taken;
      if (taken.length > 1 || only === undefined) throw thrown;
      only.attempts += 1;
      if (only.attempts < READ_ATTEMPTS) throw thrown;
      this.unreadFiles += 1;
    }
  }

  async trim(): Promise<void> {
    const newestMs = this.servers.newestEventTimeMs;
    if (newestMs === undefined || this.state === 'loading') return;
    await this.#window.trim(newestMs - MEMORY_KEEP_MS);
    this.memoryFromMs = Math.max(this.memoryFromMs, this.#window.oldestMs ?? 0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loading;
  }

  async #loadPast(files: readonly IndexedFile[], fromMs: number, endMs: number): Promise<void> {
    for (let start = 0; start < files.length && !this.#stopped; start += FILES_PER_READ) {
      if (this.#window.rows > MEMORY_MAX_ROWS * 0.9) break;
      await this.#readPast(files.slice(start, start + FILES_PER_READ), fromMs);
    }
    if (this.#stopped) return;
    if (this.#window.rows <= MEMORY_MAX_ROWS * 0.9) this.memoryFromMs = fromMs;
    const lineMs = CpuRing.bucketMs * CpuRing.buckets;
    this.servers.fillCpuHistory(await this.#window.cpuHistory(endMs - lineMs, CpuRing.bucketMs));
    await this.#callRoll(endMs, fromMs);
  }

  async #readPast(files: readonly IndexedFile[], fromMs: number): Promise<void> {
    if (files.length === 0) return;
    const committed = files.map((file) => this.#table.committedFile(file));
    this.#note(await this.#table.readFiles(committed, (readable) => this.#window.read(readable, fromMs)));
    this.memoryFromMs = Math.min(this.memoryFromMs, files.at(-1)?.maxTimeMs ?? this.memoryFromMs);
  }

  /** Finds servers that went silent before the window, so that a restart does not hide them. */
  async #callRoll(endMs: number, beforeMs: number): Promise<void> {
    const sinceMs = endMs - FORGET_AFTER_MS;
    const old = this.#table.files.overlapping(sinceMs, beforeMs);
    const stepMs = (beforeMs - sinceMs) / ROLL_CALL_STEPS;
    const { files } = sampleFiles(old, { fromMs: sinceMs, toMs: beforeMs, stepMs }, 1);
    if (files.length === 0) return;
    const committed = files.map((file) => this.#table.committedFile(file));
    const { latest } = await this.#table.readFiles(committed, (readable) => this.#window.glance(readable));
    const unknown = [...latest.values()].filter((row) => !this.servers.get(row.host) && row.eventTimeMs >= sinceMs);
    // A clock that ran ahead must not make all others look late.
    const past = unknown.map((row) => ({ ...row, eventTimeMs: Math.min(row.eventTimeMs, beforeMs) }));
    this.servers.apply(new Map(past.map((row) => [row.host, row])));
  }

  #note({ latest, latencies }: ArrivedRows): void {
    this.servers.apply(latest);
    for (const row of latest.values()) this.completeness.sawRow(row.kafkaPartition, row.eventTimeMs);
    for (const [version, counts] of latencies) {
      const atMs = this.#table.commitTimeOf(version);
      if (atMs !== undefined) this.#table.figures.addLatencies({ version, atMs }, counts);
    }
  }
}
