import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditParts, AuditRequest } from '../../../audit/audit-parts.ts';
import { auditTable } from '../../../audit/audit-table.ts';
import type { BatchRequest, BatchResult, Engine, WrittenFile } from '../../../engines/engine.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { KafkaCluster } from '../../../kafka/cluster.ts';
import { HiveMetastore } from '../../../lake/hive/metastore.ts';
import type { Action } from '../../../lake/log/actions.ts';
import { PARQUET_CHECKPOINT } from '../../../lake/log/checkpoint.ts';
import type { AuditReport } from '../../../plans/audit-report.ts';
import { MemoryStorage } from '../services/memory-storage.ts';
import { MemoryCluster, type TopicRecord } from '../services/memory-topic.ts';
import { ParquetRows } from '../services/parquet-rows.ts';
import { dayOf, hourOf, rowStatistics } from '../services/row-engine.ts';
import { SimulatedProcess } from '../world/process.ts';
import type { StepRequest } from '../world/scheduler.ts';
import type { World } from '../world/world.ts';

/**
 * Makes the audit that ships in a simulated world that is calm meanwhile: DuckDB reads real files and can't be stopped
 * between two steps, so each step is taken at once.
 */
export class Auditor {
  readonly #world: World;
  readonly #folder: string;
  readonly #rows: ParquetRows;

  /** @param folder where the files lie that DuckDB reads */
  constructor(world: World, folder: string) {
    this.#world = world;
    this.#folder = folder;
    this.#rows = new ParquetRows(folder);
  }

  audit(request: AuditRequest): Promise<AuditReport> {
    return auditTable(this.#parts(), request);
  }

  #parts(): AuditParts {
    const process = new PromptProcess(this.#world, this.#folder);
    const connect = this.#world.metastore.connectFrom(process);
    return {
      storage: new ConvertingStorage(process, this.#world, this.#rows),
      cluster: new AskedCluster(process, this.#world.topics) as unknown as KafkaCluster,
      engine: new ConvertingEngine(this.#world, this.#rows),
      metastore: new HiveMetastore({ endpoints: [{ host: 'metastore', port: 9083 }], connect }),
      // Nobody else does anything: there is nothing to wait for.
      clock: { ...process.clock, sleep: () => Promise.resolve() },
    };
  }
}

class PromptProcess extends SimulatedProcess {
  readonly #folder: string;

  constructor(world: World, folder: string) {
    super(world.scheduler, 'reader', 'auditor');
    this.#folder = folder;
  }

  override async step<T>({ effect }: StepRequest<T>): Promise<T> {
    return Promise.resolve(effect());
  }

  override async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = mkdtempSync(join(this.#folder, 'scratch-'));
    try {
      return await use(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

class ConvertingStorage extends MemoryStorage {
  readonly #world: World;
  readonly #rows: ParquetRows;

  constructor(process: SimulatedProcess, world: World, rows: ParquetRows) {
    super(process, world.store, world.storageKind);
    this.#world = world;
    this.#rows = rows;
  }

  override async readLocally<T>(
    paths: readonly string[],
    use: (localPaths: readonly string[]) => Promise<T>,
  ): Promise<T> {
    return this.withScratchFolder(async (folder) => {
      const localPaths: string[] = [];
      for (const path of paths) localPaths.push(await this.#bring(path, folder));
      return use(localPaths);
    });
  }

  async #bring(path: string, folder: string): Promise<string> {
    const object = this.#world.store.get(path);
    if (object === undefined) throw new Error(`there is no object ${path}`);
    if (!path.endsWith('.checkpoint.parquet')) return this.#rows.pathOf(object.bytes);
    const localPath = join(folder, 'checkpoint.parquet');
    await PARQUET_CHECKPOINT.write(JSON.parse(object.bytes.toString()) as Action[], localPath);
    return localPath;
  }
}

/** A cluster that can also be asked whether it forgets records from the middle: it does not. */
class AskedCluster extends MemoryCluster {
  metadata(): Promise<{ readonly controllerId: number }> {
    return Promise.resolve({ controllerId: 1 });
  }

  controlConnection(): Promise<object> {
    const results = [{ errorCode: 0, configs: [{ name: 'cleanup.policy', value: 'delete' }] }];
    const send = (...args: unknown[]): void => {
      (args.at(-1) as (error: null, answer: object) => void)(null, { results });
    };
    return Promise.resolve({ send });
  }
}

/** Makes of records what the row engine makes of them. */
class ConvertingEngine implements Engine {
  readonly #world: World;
  readonly #rows: ParquetRows;

  constructor(world: World, rows: ParquetRows) {
    this.#world = world;
    this.#rows = rows;
  }

  write({ plan, definition }: BatchRequest): Promise<BatchResult> {
    const topic = this.#world.topics.get(plan.topic);
    const records = plan.ranges.flatMap(({ partition, startOffset, endOffset }) => {
      if (topic?.holds(partition, Number(startOffset)) !== true) {
        throw new SluiceError('OFFSET_EXPIRED', `Offset ${startOffset} of partition ${partition} has expired.`);
      }
      return topic.read(partition, Number(startOffset), Number(endOffset));
    });
    const [rejected = [], rows = []] = [true, false].map((isBad) => records.filter(({ bad }) => bad === isBad));
    return Promise.resolve({
      rows: rows.length,
      files: this.#files(rows, hourOf),
      rejectedRows: rejected.length,
      rejectedFiles: this.#files(rejected, dayOf),
      ...(definition.archive === undefined ? {} : { archiveFiles: this.#files(records, dayOf) }),
      unknownFields: {},
      fetchedBytes: records.length * 100,
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #files(records: readonly TopicRecord[], partitionOf: typeof dayOf): WrittenFile[] {
    const partitions = Map.groupBy(records, (record) => JSON.stringify(partitionOf(record)));
    return [...partitions].map(([values, of]) => ({
      localPath: this.#rows.write(of),
      path: '',
      partitionValues: JSON.parse(values) as Record<string, string>,
      sizeBytes: 0,
      rows: of.length,
      stats: rowStatistics(of),
    }));
  }
}
