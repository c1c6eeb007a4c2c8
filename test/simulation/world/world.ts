import type { WindowProgress } from '../../../activities/window.ts';
import type { ErrorCode } from '../../../errors/codes.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { Snapshot } from '../../../lake/log/snapshot.ts';
import { BatchTooLarge } from '../../../engines/engine.ts';
import type { BatchPlan } from '../../../plans/batch.ts';
import { offsetCount } from '../../../plans/plan-revision.ts';
import { HiveWatch } from '../promises/hive-watch.ts';
import { digestOf, type LogWatch } from '../promises/log-watch.ts';
import { TableWatch } from '../promises/table-watch.ts';
import { MemoryMetastore } from '../services/memory-metastore.ts';
import { MemoryTopic } from '../services/memory-topic.ts';
import { ObjectStore } from '../services/object-store.ts';
import type { SimulatedProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { Shape } from './shape.ts';

/** What may go wrong in a world where only processes, storage, metastore, brokers and engine fail. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set([
  'LAKE_UNREACHABLE',
  'LOG_MOVED_ON',
  'KAFKA_UNREACHABLE',
  'METASTORE_UNREACHABLE',
  'METASTORE_REFUSED',
  'ENGINE_FAILED',
  'LAKE_BUSY',
  'OFFSET_EXPIRED',
  'STEP_TIMED_OUT',
]);

/** Everything outside of the processes, and what is watched in it. */
export class World {
  readonly scheduler: Scheduler;
  readonly shape: Shape;
  readonly tablesFolder: string;
  readonly store: ObjectStore;
  readonly metastore: MemoryMetastore;
  readonly topics = new Map<string, MemoryTopic>();
  readonly watches = new Map<string, TableWatch>();
  readonly #hive: HiveWatch[] = [];
  readonly #poisoned = new Map<string, boolean>();

  /** @param tablesFolder holds the definitions of t1, t2, …, each fed by a topic of its own name */
  constructor(scheduler: Scheduler, shape: Shape, tablesFolder: string) {
    this.scheduler = scheduler;
    this.shape = shape;
    this.tablesFolder = tablesFolder;
    this.store = new ObjectStore(() => scheduler.nowMs);
    this.metastore = new MemoryMetastore((restored) => this.#hive.forEach((watch) => watch.altered(restored)));
    for (let number = 1; number <= shape.tables; number += 1) this.#addTable(`t${number}`);
  }

  get storageKind(): Shape['storageKind'] {
    return this.shape.storageKind;
  }

  get checkpointEveryCommits(): number {
    return this.shape.checkpointEveryCommits;
  }

  /** A worker says how far it has come: it may not claim what the log does not hold. */
  heard(process: SimulatedProcess, table: string, progress: WindowProgress): void {
    const { sequence } = this.watch(table);
    if (progress.sequence > sequence) {
      this.scheduler.violate(
        `${process.name} says that batch ${progress.sequence} is committed; the last is ${sequence}`,
      );
    }
  }

  /** A worker failed. Nothing here is for an operator to decide, nothing is a defect, and no storage fails by itself. */
  heardFailure(process: SimulatedProcess, error: SluiceError | undefined): void {
    if (error === undefined) return;
    this.scheduler.trace.add(process.name, `gives up: ${error.message}`);
    const { fail, loseAnswer, landLate } = this.shape.odds;
    const lakeIsWell = fail + loseAnswer + landLate === 0;
    const unasked = error.code === 'LAKE_UNREACHABLE' && lakeIsWell;
    if (EXPECTED.has(error.code) && (!unasked || this.#hasLeft(error))) return;
    this.scheduler.violate(`${process.name} stopped with ${error.code}: ${error.message}`);
  }

  /** A batch is about to be read. @throws SluiceError ENGINE_FAILED, BatchTooLarge where it cannot be done as planned */
  beforeReading(plan: BatchPlan, shard: number): void {
    this.watch(plan.topic).reading(plan, shard);
    const batch = `${plan.topic}/${plan.sequence}`;
    const poisoned = this.#poisoned.get(batch) ?? this.chooses(this.shape.poisoned);
    this.#poisoned.set(batch, poisoned);
    if (poisoned && plan.revision === 0) throw new SluiceError('ENGINE_FAILED', `Batch ${batch} cannot be done.`);
    if (offsetCount(plan) > 1n && this.chooses(this.shape.oversized))
      throw new BatchTooLarge(plan, 0, this.#readTo(plan));
  }

  /** How far each attempt comes within the limit is its own: not two need agree. */
  #readTo({ ranges }: BatchPlan): Map<number, bigint> {
    const ends = ranges.map(({ partition, startOffset, endOffset }, index) => {
      const offsets = Number(endOffset) - Number(startOffset);
      const fitting = Math.max(index === 0 ? 1 : 0, Math.floor(this.scheduler.random.between(0, offsets)));
      return [partition, BigInt(startOffset) + BigInt(fitting)] as const;
    });
    return new Map(ends);
  }

  /** Whether something of this likelihood happens. */
  chooses(probability: number): boolean {
    return this.scheduler.chance(probability);
  }

  /** A rewrite was called committed, or not: then it is. */
  heardRewrite(process: SimulatedProcess, tablePath: string, id: string, committed: boolean): void {
    const logs = [...this.watches.values()].flatMap(({ main, rejected }) => [main, rejected]);
    const log = logs.find((candidate) => candidate.tablePath === tablePath);
    const appId = `sluice/rewrite/${id}`;
    // What a fence has settled is not known any more, and is called not committed.
    if (committed ? log?.everMoved.has(appId) : !log?.transactions.has(appId)) return;
    const not = committed ? '' : 'not ';
    this.scheduler.violate(`${process.name} says that the rewrite ${id} is ${not}committed; the log says otherwise`);
  }

  /** What a reader makes of the log must be what was written. */
  compare(watched: LogWatch, snapshot: Snapshot): void {
    const { version, files, transactions } = snapshot;
    if (version < 0) return;
    const moved = new Map([...transactions].map(([appId, transaction]) => [appId, transaction.version]));
    if (digestOf([...files.keys()].map(decodeURI), moved) === watched.digestAt(version)) return;
    this.scheduler.violate(`a reader sees another table than ${watched.tablePath} at version ${version}`);
  }

  watch(table: string): TableWatch {
    const found = this.watches.get(table);
    if (found === undefined) throw new Error(`there is no table ${table}`);
    return found;
  }

  /** What is wrong once all is quiet, and everybody had the time to finish. */
  unfinished(): string | undefined {
    for (const [table, watch] of this.watches) {
      if (!watch.isCaughtUp) return `${table} does not hold all that its topic does`;
      const difference = watch.difference();
      if (difference !== undefined) return `in the end, ${table} ${difference}`;
    }
    return this.hiveDifference();
  }

  /** How Hive differs from the logs; undefined where it does not. */
  hiveDifference(): string | undefined {
    return this.#hive.map((watch) => watch.difference()).find((difference) => difference !== undefined);
  }

  /** Whoever sleeps for longer than the grace period finds files gone that it was about to read. */
  #hasLeft({ details }: SluiceError): boolean {
    return [...this.watches.values()].some(({ deleted }) => deleted.has(String(details['missing'])));
  }

  #addTable(table: string): void {
    const { scheduler, store, metastore } = this;
    const violate = (what: string): void => scheduler.violate(what);
    const topic = new MemoryTopic(table, this.shape.partitions);
    this.topics.set(table, topic);
    const watch = new TableWatch({
      topic,
      store,
      mainPath: `lab/${table}`,
      rejectedPath: `lab/${table}_rejected`,
      violate,
    });
    this.watches.set(table, watch);
    for (const log of [watch.main, watch.rejected]) this.#hive.push(new HiveWatch({ log, store, metastore, violate }));
  }
}
