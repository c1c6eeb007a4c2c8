import { addAction } from '../../lake/log/file-actions.ts';
import { commitBatch } from '../../lake/commit-batch.ts';
import { ensureTable } from '../../lake/ensure-table.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import type { BatchSeal, DataFile } from '../../plans/batch.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { rejectedTable } from '../../plans/table-shape.ts';
import type { PreparedTable } from '../contenders/sluice.ts';

const FILES_AN_ENTRY = 50_000;
const FILES_A_BATCH = 3;
const HOUR_MS = 3_600_000;

/** How many live files a table has, and in how many event hours. */
export interface TableSize {
  readonly files: number;
  readonly filesAPartition: number;
}

/** A table whose log names as many files as are wanted. There are none of them: only metadata is measured. */
export class FilledTable {
  readonly storage: Storage;
  readonly prepared: PreparedTable;
  readonly #log: TableLog;
  readonly #rejectedLog: TableLog;
  readonly #hours: number;

  private constructor(prepared: PreparedTable, hours: number) {
    this.prepared = prepared;
    this.storage = openStorage(prepared.settings);
    this.#hours = hours;
    // No checkpoint falls into what is measured.
    const never = { checkpointEveryCommits: Number.MAX_SAFE_INTEGER };
    this.#log = new TableLog(this.storage, prepared.shape.path, never);
    this.#rejectedLog = new TableLog(this.storage, rejectedTable(prepared.definition).path);
  }

  /** With its first batch committed. */
  static async create(
    prepared: PreparedTable,
    cluster: KafkaCluster,
    { files, filesAPartition }: TableSize,
  ): Promise<FilledTable> {
    const hours = Math.ceil(files / filesAPartition);
    const filled = new FilledTable(prepared, hours);
    const { definition, shape } = prepared;
    const source = await cluster.describeTopic(definition.source.topic);
    await ensureTable(filled.#log, shape, source);
    await ensureTable(filled.#rejectedLog, rejectedTable(definition), source);
    for (let start = 0; start < files; start += FILES_AN_ENTRY) {
      const indexes = Array.from({ length: Math.min(FILES_AN_ENTRY, files - start) }, (_, index) => start + index);
      await filled.#log.create(indexes.map((index) => addAction(fileOf(0, index, index % hours), 0, true)));
    }
    await filled.commit(1);
    return filled;
  }

  /** Commits a batch of three files, in the three newest hours. */
  async commit(sequence: number): Promise<void> {
    await commitBatch(this.#log, this.#rejectedLog, this.#sealOf(sequence), []);
  }

  /** Another reader of the log, as far as it goes now. */
  async follow(): Promise<TableLog> {
    const follower = new TableLog(this.storage, this.prepared.shape.path);
    await follower.refresh();
    return follower;
  }

  #sealOf(sequence: number): BatchSeal {
    const newest = this.#hours - 1;
    const files = Array.from({ length: FILES_A_BATCH }, (_, index) =>
      fileOf(sequence, index, Math.max(0, newest - index)),
    );
    const { topic } = this.prepared.definition.source;
    return {
      ...{ format: 1, sequence, revision: 0, attempt: 'bench', sealedAtMs: Date.now(), topic },
      ...{ nextOffsets: { 0: String(sequence) }, rows: 3_000, files },
      ...{ rejectedRows: 0, rejectedFiles: [], unknownFields: {} },
    };
  }
}

function fileOf(sequence: number, index: number, hour: number): DataFile {
  const time = new Date(hour * HOUR_MS).toISOString();
  return {
    path: batchFilePath({ sequence, revision: 0, shard: 0 }, 'bench', index),
    partitionValues: { dt: time.slice(0, 10), hour: String(Number(time.slice(11, 13))) },
    sizeBytes: 100_000,
    rows: 1_000,
    stats: '{"numRecords":1000}',
  };
}
