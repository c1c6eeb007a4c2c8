import type { PlannedRange } from '../plans/batch.ts';
import type { RewriteAttempt } from '../plans/file-place.ts';
import type { StoredColumn } from '../plans/table-shape.ts';
import type { WrittenFile } from './engine.ts';

/** What a merger is asked for: one partition with some of its records' rows replaced by others. All paths are local. */
export interface MergeRequest {
  /** Columns of the new files. Old files may lack some, and then hold NULL there. */
  readonly columns: readonly StoredColumn[];
  readonly sortBy: readonly string[];
  readonly targetFileBytes: number;
  /** Files of the partition that may hold rows to be replaced. */
  readonly oldPaths: readonly string[];
  /** Files of the rows that come in. */
  readonly newPaths: readonly string[];
  /** Files whose records are to be replaced: a row goes if one of them has its Kafka partition and offset. */
  readonly replacingPaths: readonly string[];
  /** Every old row of these ranges must be of a record in `derivedPaths`; undefined where some may be kept. */
  readonly complete: { readonly ranges: readonly PlannedRange[]; readonly derivedPaths: readonly string[] } | undefined;
  /** Files that are live in the partition: where rows of some stay, a file without rows must mark that others went. */
  readonly liveFiles: number;
  readonly partition: { readonly name: string; readonly values: Readonly<Record<string, string>> };
  readonly attempt: RewriteAttempt;
  /** Local folder for new files and for what does not fit into memory, deleted by the caller. */
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
}

export interface MergeResult {
  /** Indices of the old files that held rows which were replaced: only they are to be taken. */
  readonly taken: readonly number[];
  readonly files: readonly WrittenFile[];
  /** Rows of the taken files that stay. */
  readonly keptRows: number;
  readonly replacedRows: number;
  readonly newRows: number;
}

/** Merges rows derived anew into the files of a partition. */
export interface Merger {
  /**
   * Takes nothing and writes nothing where the new rows are those that are there.
   * @throws SluiceError SOURCE_INCOMPLETE, COUNT_MISMATCH where what was written is not what was read, ENGINE_FAILED
   */
  merge(request: MergeRequest): Promise<MergeResult>;
}
