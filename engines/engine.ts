import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchPlan, DataFile } from '../plans/batch.ts';

/** What an engine is asked for: everything that one planned batch holds, as files. */
export interface BatchRequest {
  readonly plan: BatchPlan;
  readonly definition: TableDefinition;
  /** Unique to this attempt: part of every file's name. */
  readonly attempt: string;
  /** Local folder for the attempt's work, deleted by the caller. */
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
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
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Bytes of the records as they were fetched. */
  readonly fetchedBytes: number;
}

/**
 * Turns a planned batch into Parquet files. Every engine gives the same rows for the same plan, and for each record decides
 * by that record alone whether it is accepted or rejected, and why.
 */
export interface Engine {
  write(request: BatchRequest): Promise<BatchResult>;
  close(): Promise<void>;
}
