import { pad } from './table-paths.ts';

/**
 * Where a file of a table lies, as its path alone tells it. Paths are relative to the table's folder, decoded, with
 * `/` between folders.
 */
export type FilePlace =
  /** A file of a batch, where it was written: `data/b<sequence>-…`. */
  | { readonly kind: 'batch'; readonly sequence: number; readonly name: string }
  /** In the directory of a rewrite, `<partition>/g<base>-<rewrite>-<attempt>/`: its own file, or another's link or copy. */
  | {
      readonly kind: 'rewrite';
      readonly partition: string;
      readonly directory: string;
      /** The version of the log that the rewrite started from. */
      readonly base: number;
      readonly name: string;
    }
  /** In Hive's directory of a partition not yet rewritten, `<partition>/g0-h<lowest live batch>/`: a link or copy. */
  | {
      readonly kind: 'hive';
      readonly partition: string;
      readonly directory: string;
      readonly lowestBatch: number;
      readonly name: string;
    };

const BATCH_FILE = /^data\/(b(\d{10,})-[^/]+\.parquet)$/;
const HIVE_FILE = /^(.+)\/(g0-h(\d+))\/([^/]+\.parquet)$/;
const REWRITE_FILE = /^(.+)\/(g(\d+)-[^/-]+-[^/]+)\/([^/]+\.parquet)$/;

/** Undefined for a path that Sluice never gives a file with rows. */
export function placeOf(path: string): FilePlace | undefined {
  const batch = BATCH_FILE.exec(path);
  if (batch) return { kind: 'batch', sequence: Number(batch[2]), name: batch[1] ?? '' };
  const hive = HIVE_FILE.exec(path);
  if (hive) return { kind: 'hive', ...directoryOf(hive), lowestBatch: Number(hive[3]) };
  const rewrite = REWRITE_FILE.exec(path);
  if (rewrite) return { kind: 'rewrite', ...directoryOf(rewrite), base: Number(rewrite[3]) };
  return undefined;
}

function directoryOf(match: RegExpExecArray): { partition: string; directory: string; name: string } {
  const partition = match[1] ?? '';
  return { partition, directory: `${partition}/${match[2] ?? ''}`, name: match[4] ?? '' };
}

/**
 * Whether a log may still come to name a file, or the file that a link of this name leads to: of a batch that is not
 * committed yet, or of a rewrite that no fence has come before.
 */
export function mayBeCommitted(
  path: string,
  { committedSequence, fence }: { readonly committedSequence: number; readonly fence: number },
): boolean {
  const place = placeOf(path);
  if (place?.kind === 'rewrite' && place.base >= fence) return true;
  const batch = placeOf(`data/${path.slice(path.lastIndexOf('/') + 1)}`);
  return batch?.kind === 'batch' && batch.sequence > committedSequence;
}

/** One attempt at a rewrite. Neither id may hold a `-`, and no two attempts of any rewrites may have the same two. */
export interface RewriteAttempt {
  readonly baseVersion: number;
  readonly rewriteId: string;
  readonly attempt: string;
}

/** A file that an attempt at a rewrite writes: its name is unique in the table, not merely in its directory. */
export function rewriteFilePath(partition: string, rewrite: RewriteAttempt, index: number): string {
  const attempt = `g${rewrite.baseVersion}-${rewrite.rewriteId}-${rewrite.attempt}`;
  return `${partition}/${attempt}/${attempt}-${pad(index, 4)}.parquet`;
}

/** The path of a live file as the log has it: URI-encoded. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A path without its last part; empty where it has but one. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
