import type { BatchSeal, DataFile } from '../../../plans/batch.ts';
import type { MemoryTopic } from '../services/memory-topic.ts';
import type { ObjectStore, StoredObject, StoreObserver } from '../services/object-store.ts';
import type { Row } from '../services/row-engine.ts';
import { LogWatch, type WatchedFile } from './log-watch.ts';

const LOG_ENTRY = /^(.+)\/_delta_log\/(\d{20})\.json$/;
/** The only object that may be replaced. */
const HINT = /\/_delta_log\/_last_checkpoint$/;

/**
 * Watches over one table and its rejected table: at every commit each record of the range must be in exactly one of the two, once,
 * and by nothing but what was sealed.
 */
export class TableWatch implements StoreObserver {
  readonly topic: MemoryTopic;
  readonly main: LogWatch;
  readonly rejected: LogWatch;
  readonly #store: ObjectStore;
  readonly #violate: (what: string) => void;
  readonly #rejectedRows = new Map<number, readonly Row[]>();

  constructor(options: {
    readonly topic: MemoryTopic;
    readonly store: ObjectStore;
    readonly mainPath: string;
    readonly rejectedPath: string;
    readonly violate: (what: string) => void;
  }) {
    const { topic, store, violate } = options;
    this.topic = topic;
    this.#store = store;
    this.#violate = violate;
    this.main = new LogWatch(options.mainPath, (path) => store.get(path), violate);
    this.rejected = new LogWatch(options.rejectedPath, (path) => store.get(path), violate);
    store.observe(this);
  }

  /** Sequence number of the last batch that is committed; 0 for none. */
  get sequence(): number {
    return this.main.transactions.get(this.#sequenceAppId) ?? 0;
  }

  /** Next offset of a partition. */
  offset(partition: number): number {
    return this.main.transactions.get(`${this.#sequenceAppId}/${partition}`) ?? 0;
  }

  created(path: string, { bytes }: StoredObject): void {
    const [, tablePath, version] = LOG_ENTRY.exec(path) ?? [];
    if (tablePath === this.main.tablePath) this.#readMain(Number(version), bytes);
    if (tablePath === this.rejected.tablePath) this.#readRejected(Number(version), bytes);
  }

  replaced(path: string): void {
    if (this.#isOurs(path) && !HINT.test(path)) this.#violate(`${path} has been replaced`);
  }

  removed(path: string): void {
    if (this.#isOurs(path)) this.#violate(`${path} has been removed`);
  }

  /** The rows of both tables, each with the table that it is in. */
  rows(): Row[] {
    return [this.main, this.rejected].flatMap(({ files }) => [...files.values()].flatMap(({ rows }) => rows));
  }

  get #sequenceAppId(): string {
    return `sluice/${this.topic.name}`;
  }

  #isOurs(path: string): boolean {
    return [this.main, this.rejected].some(({ tablePath }) => path.startsWith(`${tablePath}/`));
  }

  #readMain(version: number, bytes: Buffer): void {
    const previous = this.sequence;
    const from = this.#offsets();
    const added = this.main.read(version, bytes);
    if (this.sequence === previous) {
      if (added.length > 0) this.#violate(`entry ${version} adds files, but is no batch`);
      return;
    }
    if (this.sequence !== previous + 1) this.#violate(`batch ${this.sequence} follows batch ${previous}`);
    const seal = this.#seal(this.sequence);
    this.#requireSealed(this.sequence, seal?.files, added);
    const rejected = this.#rejectedRows.get(this.sequence) ?? [];
    this.#requireOnce(this.sequence, from, [...added.flatMap(({ rows }) => rows), ...rejected]);
  }

  #readRejected(version: number, bytes: Buffer): void {
    const previous = this.rejected.transactions.get(this.#sequenceAppId) ?? 0;
    const added = this.rejected.read(version, bytes);
    const sequence = this.rejected.transactions.get(this.#sequenceAppId) ?? 0;
    if (sequence === previous) {
      if (added.length > 0) this.#violate(`entry ${version} of the rejected table adds files, but is no batch`);
      return;
    }
    if (sequence !== this.sequence + 1) {
      this.#violate(`batch ${sequence} is rejected while batch ${this.sequence} is the last that is committed`);
    }
    this.#requireSealed(sequence, this.#seal(sequence)?.rejectedFiles, added);
    this.#rejectedRows.set(
      sequence,
      added.flatMap(({ rows }) => rows),
    );
  }

  #offsets(): number[] {
    return Array.from({ length: this.topic.partitionCount }, (_, partition) => this.offset(partition));
  }

  #seal(sequence: number): BatchSeal | undefined {
    const object = this.#store.get(`${this.main.tablePath}/_sluice/seals/${String(sequence).padStart(10, '0')}.json`);
    return object && (JSON.parse(object.bytes.toString()) as BatchSeal);
  }

  #requireSealed(sequence: number, sealed: readonly DataFile[] | undefined, added: readonly WatchedFile[]): void {
    const names = (files: readonly { readonly path: string }[]): string =>
      files
        .map(({ path }) => path)
        .sort()
        .join(', ');
    if (sealed === undefined) this.#violate(`batch ${sequence} is committed, and has no seal`);
    else if (names(sealed) !== names(added)) {
      this.#violate(`batch ${sequence} is committed with other files than were sealed: ${names(added)}`);
    }
  }

  /** Each record from `from` to where the partition stands now, once. */
  #requireOnce(sequence: number, from: readonly number[], rows: readonly Row[]): void {
    const wanted = from.flatMap((start, partition) => {
      return this.topic.read(partition, start, this.offset(partition)).map((record) => identityOf(record));
    });
    const difference = differenceOf(wanted, rows.map(identityOf));
    if (difference !== undefined) this.#violate(`${this.main.tablePath}: batch ${sequence} ${difference}`);
  }
}

export function identityOf({ partition, offset, hour }: Row): string {
  return `${partition}/${offset}@${hour}`;
}

/** How what is there differs from what should be, once each; undefined where it does not. */
export function differenceOf(wanted: readonly string[], there: readonly string[]): string | undefined {
  const left = new Set(wanted);
  const twice = there.find((item) => !left.delete(item));
  if (twice !== undefined) {
    return wanted.includes(twice) ? `holds record ${twice} twice` : `holds record ${twice}, which is not its own`;
  }
  const [missing] = left;
  return missing === undefined ? undefined : `lacks record ${missing}`;
}
