import type { EngineName } from '../definition/table-definition.ts';
import type { RewriteAttempt } from '../plans/file-place.ts';
import type { StoredColumn } from '../plans/table-shape.ts';
import type { WrittenFile } from './engine.ts';

/** What a rewriter is asked for: files of one partition as fewer, sorted ones, with the same rows. */
export interface RewriteRequest {
  /** What is to do it. @default duckdb */
  readonly engine?: EngineName;
  /** Columns of the new files. Old files may lack some, and then hold NULL there. */
  readonly columns: readonly StoredColumn[];
  readonly sortBy: readonly string[];
  readonly targetFileBytes: number;
  /** The old files, where this process can open them. */
  readonly localPaths: readonly string[];
  readonly partition: { readonly name: string; readonly values: Readonly<Record<string, string>> };
  readonly attempt: RewriteAttempt;
  /** Local folder for new files and for what does not fit into memory, deleted by the caller. */
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
}

export interface RewriteResult {
  readonly files: readonly WrittenFile[];
  readonly rows: number;
  /** Of all rows, in whatever order they lie: read from the old files, and found to be the new files' too. */
  readonly checksum: string;
}

/** Rewrites files of a table, and proves that it kept every row. */
export interface Rewriter {
  /** @throws SluiceError COUNT_MISMATCH where old and new files do not hold the same rows, ENGINE_FAILED */
  rewrite(request: RewriteRequest): Promise<RewriteResult>;
}
