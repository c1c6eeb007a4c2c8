import type { LogEntry, TableLog } from '../../lake/log/table-log.ts';
import { decodedPath } from '../../plans/file-place.ts';

/** What one log entry means to the dashboard. */
export interface Commit {
  readonly version: number;
  readonly atMs: number;
  readonly rows: number;
  readonly rejected: number;
  readonly unknownFields: Readonly<Record<string, number>>;
  readonly published: readonly { readonly version: number; readonly atMs: number }[];
  /** Decoded paths of the files with rows that were not in the table before. */
  readonly newFiles: readonly string[];
}

export function commitOf({ version, actions }: LogEntry): Commit {
  const info = actions.find((action) => action.commitInfo)?.commitInfo;
  const adds = actions.flatMap(({ add }) => (add?.dataChange ? [add] : []));
  return {
    version,
    atMs: info?.timestamp ?? adds[0]?.modificationTime ?? 0,
    rows: info?.sluice?.rows ?? 0,
    rejected: info?.sluice?.rejected ?? 0,
    unknownFields: info?.sluice?.unknownFields ?? {},
    published: info?.sluice?.published ?? [],
    newFiles: adds.map((add) => decodedPath(add.path)),
  };
}

/** Commits read back at start at most; at one a second, more than the hour that is wanted. */
export const MAX_COMMITS_READ_BACK = 8_000;
/** Commits read back however old they are: a table that rests has a last commit, and a version in Hive, all the same. */
export const MIN_COMMITS_READ_BACK = 10;

/** The commits since then and a few more, newest first, as far as the log still has their entries. */
export async function commitsSince(log: TableLog, sinceMs: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (let version = log.snapshot.version; version >= 0 && commits.length < MAX_COMMITS_READ_BACK; version -= 1) {
    const entry = await log.readEntry(version);
    if (entry === undefined) break;
    const commit = commitOf(entry);
    if (commit.atMs < sinceMs && commits.length >= MIN_COMMITS_READ_BACK) break;
    commits.push(commit);
  }
  return commits;
}
