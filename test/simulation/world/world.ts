import type { WindowProgress } from '../../../activities/ingest-window.ts';
import type { SluiceError } from '../../../errors/sluice-error.ts';
import type { Snapshot } from '../../../lake/log/snapshot.ts';
import { HiveWatch } from '../promises/hive-watch.ts';
import { digestOf, type LogWatch } from '../promises/log-watch.ts';
import { differenceOf, identityOf, TableWatch } from '../promises/table-watch.ts';
import { MemoryMetastore } from '../services/memory-metastore.ts';
import { MemoryTopic } from '../services/memory-topic.ts';
import { ObjectStore } from '../services/object-store.ts';
import type { SimulatedProcess } from './process.ts';
import type { Scheduler } from './scheduler.ts';
import type { Shape } from './shape.ts';

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

  /** @param tablesFolder holds the definitions of t1, t2, …, each fed by a topic of its own name */
  constructor(scheduler: Scheduler, shape: Shape, tablesFolder: string) {
    this.scheduler = scheduler;
    this.shape = shape;
    this.tablesFolder = tablesFolder;
    this.store = new ObjectStore(() => scheduler.nowMs);
    this.metastore = new MemoryMetastore(() => this.#hive.forEach((watch) => watch.altered()));
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

  /** A worker failed. Nothing here is for an operator to decide, and nothing is a defect. */
  heardFailure(process: SimulatedProcess, error: SluiceError | undefined): void {
    if (error === undefined) return;
    this.scheduler.trace.add(process.name, `gives up: ${error.message}`);
    if (error.retryable && error.code !== 'INTERNAL') return;
    this.scheduler.violate(`${process.name} stopped with ${error.code}: ${error.message}`);
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
      const wanted = [...watch.topic.offsets()].flatMap(([partition, { lastStable }]) => {
        if (watch.offset(partition) !== Number(lastStable)) {
          this.scheduler.violate(`${table} ends at offset ${watch.offset(partition)} of partition ${partition}`);
        }
        return watch.topic.read(partition, 0, Number(lastStable)).map(identityOf);
      });
      const difference = differenceOf(wanted, watch.rows().map(identityOf));
      if (difference !== undefined) return `in the end, ${table} ${difference}`;
    }
    return this.#hive.map((watch) => watch.difference()).find((difference) => difference !== undefined);
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
