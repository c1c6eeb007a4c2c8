import { planOfShard } from '../../../plans/shard.ts';
import type { BatchPlan, BatchSeal, DataFile } from '../../../plans/batch.ts';
import type { OffsetRun } from '../../../plans/backfill-planning.ts';
import type { MemoryTopic } from '../services/memory-topic.ts';
import type { ObjectStore, StoredObject, StoreObserver } from '../services/object-store.ts';
import type { Row } from '../services/row-engine.ts';
import { BackfillWatch } from './backfill-watch.ts';
import { wrongRemoval, wrongTidying } from './removal.ts';
import { type EntryChange, LogWatch, type WatchedFile } from './log-watch.ts';

const LOG_ENTRY = /^(.+)\/_delta_log\/(\d{20})\.json$/;
/** The only object that may be replaced. */
const HINT = /\/_delta_log\/_last_checkpoint$/;
const REWRITE = 'sluice/rewrite/';
const FENCE = 'sluice/fence';

/**
 * Watches over one table and its rejected table: at every commit each record of the range must be in exactly one of the
 * two, once, and by nothing but what was sealed; a rewrite may move rows, or drop them where that is its purpose.
 */
export class TableWatch implements StoreObserver {
  readonly topic: MemoryTopic;
  readonly main: LogWatch;
  readonly rejected: LogWatch;
  readonly archive: LogWatch;
  /** What vacuums have deleted. */
  readonly deleted = new Set<string>();
  readonly #store: ObjectStore;
  readonly #violate: (what: string) => void;
  readonly #rejectedRows = new Map<number, readonly Row[]>();
  readonly #archivedRows = new Map<number, readonly Row[]>();
  /** Records that retention has dropped, or that a backfill has moved to where it has. */
  readonly #dropped = new Set<string>();
  readonly #backfills: BackfillWatch;
  /** Times that a part of a batch, not its first, was read. */
  partsRead = 0;
  /** Records that an operator has given up. */
  readonly #lost = new Set<string>();

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
    this.archive = new LogWatch(`${options.mainPath}_archive`, (path) => store.get(path), violate);
    this.#backfills = new BackfillWatch(store, this.topic, this.main, this.rejected);
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

  /** Everything that readers of the topic may see is committed. */
  get isCaughtUp(): boolean {
    return [...this.topic.offsets()].every(
      ([partition, { lastStable }]) => this.offset(partition) === Number(lastStable),
    );
  }

  created(path: string, object: StoredObject): void {
    const [, tablePath, version] = LOG_ENTRY.exec(path) ?? [];
    if (tablePath === this.main.tablePath) this.#readMain(Number(version), object);
    if (tablePath === this.rejected.tablePath) this.#readRejected(Number(version), object);
    if (tablePath === this.archive.tablePath) this.#readArchive(Number(version), object);
  }

  replaced(path: string): void {
    if (this.#isOurs(path) && !HINT.test(path)) this.#violate(`${path} has been replaced`);
  }

  removed(path: string, atMs: number): void {
    for (const log of [this.main, this.rejected, this.archive]) {
      if (!path.startsWith(`${log.tablePath}/`)) continue;
      this.deleted.add(path);
      const relative = path.slice(log.tablePath.length + 1);
      const wrong = relative.startsWith('_')
        ? wrongTidying(log, this.sequence, relative, atMs, this.#store, (number) => this.#backfills.isOver(number))
        : wrongRemoval(log, this.sequence, relative, atMs);
      if (wrong !== undefined) this.#violate(`${path} has been removed, ${wrong}`);
    }
  }

  /** A batch's first byte is about to be read: what it holds must have been decided, for good. */
  reading(plan: BatchPlan, shard: number): void {
    if (shard > 0) this.partsRead += 1;
    const name = `${String(plan.sequence).padStart(10, '0')}.${plan.revision}`;
    const object = this.#store.get(`${this.main.tablePath}/_sluice/plans/${name}.json`);
    const planned = object && planOfShard(JSON.parse(object.bytes.toString()) as BatchPlan, shard);
    if (JSON.stringify(planned) === JSON.stringify(plan)) return;
    this.#violate(`batch ${plan.sequence} is read by a plan that is not ${object ? 'the one' : ''} written down`);
  }

  /** Offsets of the records that are rejected now, by Kafka partition. */
  rejectedRuns(): Map<number, OffsetRun[]> {
    const rows = [...this.rejected.files.values()].flatMap((file) => file.rows);
    const runs = rows.map(({ partition, offset }) => ({ partition, start: BigInt(offset), end: BigInt(offset) + 1n }));
    runs.sort((a, b) => Number(a.start - b.start));
    return Map.groupBy(runs, ({ partition }) => partition);
  }

  /** How the tables differ from the topic up to where they are committed; undefined where they do not. */
  difference(): string | undefined {
    const open = this.#backfills.open;
    return open === undefined ? this.#differenceFromTopic() : `has backfill ${open} half committed`;
  }

  /** Each record in one of the two tables, once, as the newest rule that it was derived by has it. */
  #differenceFromTopic(): string | undefined {
    const offsets = this.#offsets();
    const rows = (log: LogWatch): Row[] =>
      [...log.files.values()]
        .flatMap((file) => file.rows)
        .filter(({ partition, offset }) => offset < (offsets[partition] ?? 0));
    const [accepted, rejected] = [rows(this.main), rows(this.rejected)];
    const there = [...accepted, ...rejected].map(identityOf);
    const held = new Set(there);
    const wanted = offsets.flatMap((end, partition) => this.topic.read(partition, 0, end).map(identityOf));
    const isAbsent = (identity: string): boolean => this.#dropped.has(identity) || this.#lost.has(identity);
    const left = wanted.filter((identity) => held.has(identity) || !isAbsent(identity));
    return differenceOf(left, there) ?? this.#backfills.wrongRow(accepted, rejected);
  }

  get #sequenceAppId(): string {
    return `sluice/${this.topic.name}`;
  }

  #isOurs(path: string): boolean {
    return [this.main, this.rejected, this.archive].some(({ tablePath }) => path.startsWith(`${tablePath}/`));
  }

  #readMain(version: number, entry: StoredObject): void {
    const previous = this.sequence;
    const from = this.#offsets();
    const change = this.main.read(version, entry);
    if (this.sequence === previous) {
      this.#checkRewrite(this.main, version, change);
      return;
    }
    if (this.sequence !== previous + 1) this.#violate(`batch ${this.sequence} follows batch ${previous}`);
    const { added, removed } = change;
    if (removed.length > 0) this.#violate(`batch ${this.sequence} removes files`);
    this.#requireSealed(this.sequence, this.#seal(this.sequence)?.files, added);
    const rejected = this.#rejectedRows.get(this.sequence) ?? [];
    this.#requireOnce(this.sequence, from, [...added.flatMap(({ rows }) => rows), ...rejected]);
    if (this.archive.tip >= 0) this.#requireOnce(this.sequence, from, this.#archivedRows.get(this.sequence) ?? []);
  }

  #readRejected(version: number, entry: StoredObject): void {
    const previous = this.rejected.transactions.get(this.#sequenceAppId) ?? 0;
    const change = this.rejected.read(version, entry);
    const sequence = this.rejected.transactions.get(this.#sequenceAppId) ?? 0;
    if (sequence === previous) {
      this.#checkRewrite(this.rejected, version, change);
      return;
    }
    if (sequence !== this.sequence + 1) {
      this.#violate(`batch ${sequence} is rejected while batch ${this.sequence} is the last that is committed`);
    }
    this.#requireSealed(sequence, this.#seal(sequence)?.rejectedFiles, change.added);
    this.#rejectedRows.set(
      sequence,
      change.added.flatMap(({ rows }) => rows),
    );
  }

  /** A batch is archived before it is committed, as it was sealed. */
  #readArchive(version: number, entry: StoredObject): void {
    const previous = this.archive.transactions.get(this.#sequenceAppId) ?? 0;
    const { added } = this.archive.read(version, entry);
    const sequence = this.archive.transactions.get(this.#sequenceAppId) ?? 0;
    if (sequence === previous) return;
    if (sequence !== this.sequence + 1) {
      this.#violate(`batch ${sequence} is archived while batch ${this.sequence} is the last that is committed`);
    }
    this.#requireSealed(sequence, this.#seal(sequence)?.archiveFiles, added);
    this.#archivedRows.set(
      sequence,
      added.flatMap(({ rows }) => rows),
    );
  }

  /** A rewrite's rows are those of the files that it takes; retention drops some, a backfill may derive them anew. */
  #checkRewrite(log: LogWatch, version: number, change: EntryChange): void {
    this.#checkAnyRewrite(log, version, change);
    const { number, step } = stepOf(change);
    if (number === undefined) return;
    const difference = this.#backfills.committed({ number, step }, change, this.#dropped);
    const wrong = difference ?? (step === 'take' ? this.#differenceFromTopic() : undefined);
    if (wrong !== undefined) this.#violate(`${log.tablePath}: backfill ${number}, ${step}: entry ${version} ${wrong}`);
  }

  #checkAnyRewrite(log: LogWatch, version: number, { added, removed, transactions, operation }: EntryChange): void {
    const { tablePath } = log;
    if (added.length + removed.length === 0) return;
    const base = [...transactions].find(([appId]) => appId.startsWith(REWRITE))?.[1];
    if (base === undefined) this.#violate(`${tablePath}: entry ${version} is neither a batch nor a rewrite`);
    else if (base < (log.transactions.get(FENCE) ?? 0)) {
      this.#violate(`${tablePath}: the rewrite of entry ${version} began before a fence, and its files may be gone`);
    }
    if (operation['kind'] === 'backfill') return;
    const before = removed.flatMap(({ rows }) => rows.map(identityOf));
    const after = added.flatMap(({ rows }) => rows.map(identityOf));
    if (operation['kind'] === 'retention') {
      const kept = new Set(after);
      const dropped = before.filter((identity) => !kept.has(identity));
      for (const identity of dropped) this.#dropped.add(identity);
      after.push(...dropped);
    }
    const difference = differenceOf(before, after);
    if (difference !== undefined) this.#violate(`${tablePath}: the rewrite of entry ${version} ${difference}`);
  }

  /** What a batch goes on without: by its seal, and only what its plan says an operator has given up. */
  #lostIn(sequence: number): ReadonlySet<string> {
    const lost = new Set<string>();
    const seal = this.#seal(sequence);
    for (const { partition, startOffset, endOffset } of seal?.lost ?? []) {
      for (const record of this.topic.read(partition, Number(startOffset), Number(endOffset))) {
        if (this.topic.holds(partition, record.offset)) this.#violate(`record ${identityOf(record)} is no loss`);
        lost.add(identityOf(record));
        this.#lost.add(identityOf(record));
      }
    }
    const noted = this.#store.get(`${this.main.tablePath}/_sluice/losses/${String(sequence).padStart(10, '0')}.json`);
    if (seal?.lost && !noted) this.#violate(`batch ${sequence} has losses that are not on record`);
    return lost;
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
    const lost = this.#lostIn(sequence);
    const wanted = from.flatMap((start, partition) => {
      const records = this.topic.read(partition, start, this.offset(partition));
      return records.filter((record) => !lost.has(identityOf(record))).map(rowOf);
    });
    const difference = differenceOf(wanted, rows.map(rowOf));
    if (difference !== undefined) this.#violate(`${this.main.tablePath}: batch ${sequence} ${difference}`);
  }
}

/** Which step of which backfill an entry is. */
function stepOf({ operation }: EntryChange): { number: number | undefined; step: string } {
  const { backfill, step = '' } = operation;
  return { number: backfill === undefined ? undefined : Number(backfill), step };
}

/** Which record a row is of. */
function identityOf({ partition, offset }: Row): string {
  return `${partition}/${offset}`;
}

/** A row with what was made of it. */
function rowOf({ partition, offset, hour }: Row): string {
  return `${partition}/${offset}@${hour}`;
}

/** How what is there differs from what should be, once each; undefined where it does not. */
function differenceOf(wanted: readonly string[], there: readonly string[]): string | undefined {
  const left = new Set(wanted);
  const twice = there.find((item) => !left.delete(item));
  if (twice !== undefined) {
    return wanted.includes(twice) ? `holds record ${twice} twice` : `holds record ${twice}, which is not its own`;
  }
  const [missing] = left;
  return missing === undefined ? undefined : `lacks record ${missing}`;
}
