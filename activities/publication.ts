import type { Clock } from '../clock/clock.ts';
import { asSluiceError, type SluiceError } from '../errors/sluice-error.ts';
import { partitionsTouchedBy } from '../lake/hive/bring-up-to-date.ts';
import { HivePublisher, type Publication } from '../lake/hive/publisher.ts';
import type { HiveMetastore } from '../lake/hive/metastore.ts';
import { type LogEntry, TableLog, type TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { CATCH_UP_INTERVAL_MS } from '../plans/publication.ts';
import type { TableShape } from '../plans/table-shape.ts';
import type { IngestMeasures } from './ingest-measures.ts';
import { atStep } from './fault-point.ts';
import type { Shelf } from './shelf.ts';

const FIRST_RETRY_DELAY_MS = 500;
const LONGEST_RETRY_DELAY_MS = 15_000;
/**
 * How long a whole comparison with Hive holds for publications that follow on it. One that dies between altering and reading
 * the log again may leave a partition behind the log, which only such a comparison finds.
 */
export const RECONCILE_EVERY_MS = 300_000;

/** What publication works with. */
export interface PublicationParts {
  readonly storage: Storage;
  readonly metastore: HiveMetastore;
  readonly clock: Clock;
  readonly log?: TableLogOptions;
  readonly measures?: IngestMeasures;
  /** Logs that others have published, by the table's path; without it each publication begins with the whole table. */
  readonly published?: Shelf<PublishedLog>;
}

/** A log that has been published as far as it was followed. */
export interface PublishedLog {
  readonly log: TableLog;
  /** When the whole of Hive was last compared with it, by the clock's elapsed time. */
  readonly reconciledAtMs: number;
}

/** How urgent a publication is: `soon` lets more versions come, until `CATCH_UP_INTERVAL_MS` after the last one began. */
export type PublicationUrgency = 'now' | 'soon';

/** A version that Hive has reached, and when. */
export interface PublishedVersion {
  readonly version: number;
  readonly atMs: number;
}

/**
 * Keeps Hive's view of one table up with its log, beside ingestion and never in its way: a metastore that is away delays
 * publication and stops nothing else.
 */
export class TablePublication {
  #log: TableLog;
  readonly #openLog: () => TableLog;
  readonly #publisher: HivePublisher;
  readonly #clock: Clock;
  readonly #measures: IngestMeasures | undefined;
  #mustReconcile = false;
  #reconciledAtMs = Number.NEGATIVE_INFINITY;
  readonly #path: string;
  readonly #shelf: Shelf<PublishedLog> | undefined;
  #wanted: PublicationUrgency | undefined = 'now';
  #beganAtMs = Number.NEGATIVE_INFINITY;
  readonly #stopping = new AbortController();
  #wake: () => void = () => {};
  #published: PublishedVersion[] = [];
  /** Whom to tell once what they have requested is published. */
  #waiting: ((failure?: SluiceError) => void)[] = [];
  #version: number | undefined;
  #failure: SluiceError | undefined;
  readonly #running: Promise<void>;

  constructor({ storage, metastore, clock, log, measures, published }: PublicationParts, shape: TableShape) {
    this.#measures = measures;
    this.#path = shape.path;
    this.#shelf = published;
    this.#openLog = () => new TableLog(storage, shape.path, log);
    const kept = published?.take(shape.path);
    this.#log = kept?.log ?? this.#openLog();
    if (kept !== undefined) {
      this.#version = kept.log.snapshot.version;
      this.#reconciledAtMs = kept.reconciledAtMs;
    }
    this.#clock = clock;
    this.#publisher = new HivePublisher({ metastore, storage, shape });
    this.#running = this.#run();
  }

  /**
   * There is a new version to publish. One publication does for all that were requested before it began.
   * @param done hears that Hive shows it; or, when all ends without that, why not
   */
  request(urgency: PublicationUrgency, done?: (failure?: SluiceError) => void): void {
    if (done !== undefined) this.#waiting.push(done);
    if (urgency === 'now') this.#wanted = 'now';
    else this.#wanted ??= 'soon';
    this.#wake();
  }

  /** Why Hive lags behind, where it does. */
  get failure(): SluiceError | undefined {
    return this.#failure;
  }

  /** The version that Hive stands at, as far as this process knows. */
  get version(): number | undefined {
    return this.#version;
  }

  /** What has been published since this was last asked. */
  takePublished(): PublishedVersion[] {
    const taken = this.#published;
    this.#published = [];
    return taken;
  }

  /** Publishes what is wanted, if it can, and ends. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#running;
    for (const done of this.#waiting.splice(0)) done(this.#failure);
    const [log, reconciledAtMs] = [this.#log, this.#reconciledAtMs];
    const isPublished = this.#failure === undefined && !this.#mustReconcile && this.#version === log.snapshot.version;
    if (isPublished) this.#shelf?.put(this.#path, { log, reconciledAtMs });
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    let delayMs = FIRST_RETRY_DELAY_MS;
    while (!this.#isStopped || (this.#wanted !== undefined && this.#failure === undefined)) {
      if (this.#wanted === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const holdMs = this.#beganAtMs + CATCH_UP_INTERVAL_MS - this.#clock.elapsedMs();
      if (this.#wanted === 'soon' && holdMs > 0 && !this.#isStopped) {
        await this.#sleepUntilWoken(holdMs);
        continue;
      }
      this.#wanted = undefined;
      this.#beganAtMs = this.#clock.elapsedMs();
      const waiting = this.#waiting.length;
      try {
        await (this.#measures?.step('publish', () => this.#publishNewest()) ?? this.#publishNewest());
        if (this.#version !== undefined) this.#measures?.published(this.#version);
        this.#failure = undefined;
        for (const done of this.#waiting.splice(0, waiting)) done();
        delayMs = FIRST_RETRY_DELAY_MS;
      } catch (thrown) {
        this.#failure = asSluiceError(thrown);
        if (this.#failure.code === 'LOG_MOVED_ON') this.#log = this.#openLog();
        this.#mustReconcile = true;
        this.#wanted = 'now';
        if (this.#isStopped) return;
        await this.#clock.sleep(delayMs, this.#stopping.signal).catch(() => undefined);
        delayMs = Math.min(delayMs * 2, LONGEST_RETRY_DELAY_MS);
      }
    }
  }

  async #sleepUntilWoken(ms: number): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#clock.sleep(ms, woken.signal).catch(() => undefined);
  }

  /** Until the log has nothing newer than what was published (DESIGN: publish, "read the log again"). */
  async #publishNewest(): Promise<void> {
    for (;;) {
      if (this.#clock.elapsedMs() - this.#reconciledAtMs > RECONCILE_EVERY_MS) this.#mustReconcile = true;
      const before = this.#log.snapshot.version;
      const entries = await this.#log.refresh();
      const { version } = this.#log.snapshot;
      if (version < 0 || (entries.length === 0 && !this.#mustReconcile)) return;
      const comparedAtMs = this.#clock.elapsedMs();
      const done = await atStep('publish', () => this.#publish(entries, before));
      if (this.#mustReconcile) this.#reconciledAtMs = comparedAtMs;
      this.#mustReconcile = done.publishedVersion < version;
      this.#version = done.publishedVersion;
      this.#published.push({ version: done.publishedVersion, atMs: done.publishedAtMs ?? this.#clock.nowMs() });
    }
  }

  /** What the entries touched; only a reconciliation looks at every live file. */
  #publish(entries: readonly LogEntry[], afterVersion: number): Promise<Publication> {
    const { snapshot } = this.#log;
    const { version, metaData } = snapshot;
    if (this.#mustReconcile) return this.#publisher.reconcile([...snapshot.files.values()], version, metaData);
    const partitions = partitionsTouchedBy(entries);
    return this.#publisher.publish({
      files: snapshot.filesOf(partitions),
      partitions,
      afterVersion,
      version,
      metaData,
    });
  }
}
