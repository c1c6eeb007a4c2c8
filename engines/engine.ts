import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { HeldRecords } from '../kafka/held-records.ts';
import type { BatchPlan, DataFile } from '../plans/batch.ts';
import type { EngineProgress } from './engine-progress.ts';

/** What an engine is asked for: everything that one planned batch, or a part of it, holds, as files. */
export interface BatchRequest {
  /** With the ranges of the part that is to be written. */
  readonly plan: BatchPlan;
  /** Which part of the batch this is. @default 0, also of a batch that has but one */
  readonly shard?: number;
  readonly definition: TableDefinition;
  /** Unique to this attempt: part of every file's name. */
  readonly attempt: string;
  /** Local folder for the attempt's work, deleted by the caller. */
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
  /** Where the records are read from, where that is not Kafka. Only DuckDB can. */
  readonly held?: HeldRecords;
  /** What the records are derived for, where they are no batch of the table's own: names it among all work on the lake. */
  readonly purpose?: string;
  /** Hears from time to time how far it is, from an engine that says so. */
  readonly report?: (progress: EngineProgress) => void;
}

/** A file of the batch, still in the scratch folder. */
export interface WrittenFile extends DataFile {
  readonly localPath: string;
}

/** What a batch became. `rows` and `rejectedRows` are what was read back from the files' own counts. */
export interface BatchResult {
  readonly rows: number;
  readonly files: readonly WrittenFile[];
  readonly rejectedRows: number;
  readonly rejectedFiles: readonly WrittenFile[];
  /** Every record's original bytes; left out where the definition does not archive. */
  readonly archiveFiles?: readonly WrittenFile[];
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Bytes that count against `limits.maxBytes`. */
  readonly fetchedBytes: number;
}

/** A batch is larger than its limit in bytes. `readTo` says how far each partition's range fits: not at all where it is missing. */
export class BatchTooLarge extends SluiceError {
  readonly readTo: ReadonlyMap<number, bigint>;

  constructor(plan: BatchPlan, maxBytes: number, readTo: ReadonlyMap<number, bigint>) {
    super('BATCH_TOO_LARGE', `Batch ${plan.sequence} as planned is larger than the limit of ${maxBytes} bytes.`, {
      remedy: 'It is cut to what fits by itself; limits.max_bytes in the table definition is the limit.',
      details: { sequence: plan.sequence, revision: plan.revision, maxBytes },
    });
    this.readTo = readTo;
  }
}

/**
 * Turns a planned batch into Parquet files. Every engine gives the same rows for the same plan, and for each record decides
 * by that record alone whether it is accepted or rejected, and why.
 * @throws BatchTooLarge; SluiceError LIMIT_EXCEEDED where fewer records at once would do
 */
export interface Engine {
  write(request: BatchRequest): Promise<BatchResult>;
  close(): Promise<void>;
}
