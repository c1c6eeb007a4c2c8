import { type FilePlace, folderOf, mayBeCommitted, nameOf, placeOf } from './file-place.ts';
import type { WantedPartition } from './publication.ts';

/** Its version says up to which version of the log everything that left the table has been deleted. */
export const VACUUM_APP_ID = 'sluice/vacuum';

interface ReasonDescription {
  readonly deletes: boolean;
  readonly meaning: string;
}

/** Why vacuum deletes a file, or keeps it. The list is closed. */
export const VACUUM_REASONS = {
  superseded: { deletes: true, meaning: 'left the table before the grace period' },
  link: { deletes: true, meaning: 'lies where Hive has not looked since before the grace period' },
  waste: { deletes: true, meaning: 'left behind by an attempt that did not become part of the table' },
  log: { deletes: true, meaning: 'belongs to versions from before the log’s retention' },
  settled: { deletes: true, meaning: 'planned or sealed a batch that was committed before the log’s retention' },
  audit: { deletes: true, meaning: 'is of an audit long ago' },
  backfill: { deletes: true, meaning: 'was derived for a backfill that has ended or was cancelled' },
  live: { deletes: false, meaning: 'is in the table' },
  published: { deletes: false, meaning: 'lies where Hive reads its partition' },
  pending: { deletes: false, meaning: 'may still be committed' },
  grace: { deletes: false, meaning: 'may still be read by queries that began while it was in the table' },
  unsettled: { deletes: false, meaning: 'Hive does not read its partition where the log says' },
  foreign: { deletes: false, meaning: 'has a name that Sluice does not give' },
} as const satisfies Readonly<Record<string, ReasonDescription>>;

export type VacuumReason = keyof typeof VACUUM_REASONS;

/** A file that has left the table and is not known to be deleted. */
export interface RemovedFile {
  /** Version of the entry that took it out. */
  readonly version: number;
  /** Name of its partition in Hive. */
  readonly partition: string;
}

/** One version of a table, as far as it tells which of its files may go. Paths are relative to its folder, decoded. */
export interface VacuumView {
  readonly live: ReadonlySet<string>;
  readonly removed: ReadonlyMap<string, RemovedFile>;
  /** The version with which a live rewritten file last came to a partition, by the partition's name in Hive. */
  readonly rewrittenAt: ReadonlyMap<string, number>;
  /** What Hive is to hold. */
  readonly wanted: readonly WantedPartition[];
  /** Partitions that the metastore has elsewhere, or has though nothing in them is live. */
  readonly unsettled: ReadonlySet<string>;
  readonly committedSequence: number;
  readonly fence: number;
  /** What left the table in versions up to these did so before the grace period. */
  readonly expired: {
    /** As those who follow the log saw it, */
    readonly log: number;
    /** and as Hive showed it. */
    readonly hive: number;
  };
}

/**
 * Tells of data files whether they may go, and why. A file may go if it is neither live nor in a directory that Hive is to
 * read, can never be committed any more, and if nobody who began to read before the grace period can still need it. None
 * of that ever changes back, so it does not matter how long after the view a file is deleted.
 *
 * A link, or copy, in a directory that Hive has left: the directory was left with the first removal from its partition, or
 * the first rewritten file that came to it, after it had become current. That version is not known, but bounds of it are: the
 * link's own file was live until then, the rewrite's file that the directory is named after was too, and there was no later
 * removal, nor rewritten file, than the last.
 */
export function vacuumReasons(view: VacuumView): (path: string) => VacuumReason {
  const published = new Set(view.wanted.map(({ directory }) => directory));
  const leftAt = whenLeft(view);
  return (path) => {
    if (view.live.has(path)) return 'live';
    const place = placeOf(path);
    if (place === undefined) return 'foreign';
    if (published.has(folderOf(path))) return 'published';
    if (mayBeCommitted(path, view)) return 'pending';
    const removed = view.removed.get(path);
    const partition = place.kind === 'batch' ? removed?.partition : place.partition;
    if (partition !== undefined && view.unsettled.has(partition)) return 'unsettled';
    if (place.kind === 'batch') {
      if (removed === undefined) return 'waste';
      return removed.version <= view.expired.log ? 'superseded' : 'grace';
    }
    if (removed !== undefined) return removed.version <= view.expired.hive ? 'superseded' : 'grace';
    if (isOwnFile(place)) return 'waste';
    return leftAt(place) <= view.expired.hive ? 'link' : 'grace';
  };
}

/** The newest version of which it is certain that its entry, and all before, were written before the grace period. */
export function expiredVersion(
  entries: readonly { readonly version: number; readonly modifiedAtMs: number }[],
  nowMs: number,
  graceMs: number,
): number {
  const within = entries.filter(({ modifiedAtMs }) => modifiedAtMs > nowMs - graceMs);
  const newest = entries.reduce((highest, { version }) => Math.max(highest, version), -1);
  return within.reduce((lowest, { version }) => Math.min(lowest, version - 1), newest);
}

/**
 * The version up to which everything that left the table is gone once these files are kept: what the log need not name any
 * more. Never beyond what Hive has had its grace for, since links are judged by what the log says of their files.
 */
export function settledVersion(view: VacuumView, kept: Iterable<string>): number {
  let settled = view.expired.hive;
  for (const path of kept) {
    const removed = view.removed.get(path);
    if (removed !== undefined) settled = Math.min(settled, removed.version - 1);
  }
  return settled;
}

type DirectoryPlace = Exclude<FilePlace, { kind: 'batch' }>;

/** The version with which a directory was left at the latest, by one of the links that lie there. */
function whenLeft(view: VacuumView): (link: DirectoryPlace) => number {
  const liveNames = new Set([...view.live].map(nameOf));
  const liveFolders = new Set([...view.live].map(folderOf));
  const removedNames = new Map<string, number>();
  const removedFolders = new Map<string, number>();
  const lastRemovals = new Map<string, number>();
  const raise = (versions: Map<string, number>, key: string, version: number): void => {
    versions.set(key, Math.max(version, versions.get(key) ?? 0));
  };
  for (const [path, { version, partition }] of view.removed) {
    raise(removedNames, nameOf(path), version);
    raise(removedFolders, folderOf(path), version);
    raise(lastRemovals, partition, version);
  }
  return ({ kind, partition, directory, name }) => {
    const bounds = [Math.max(lastRemovals.get(partition) ?? 0, view.rewrittenAt.get(partition) ?? 0)];
    if (!liveNames.has(name)) bounds.push(removedNames.get(name) ?? 0);
    if (kind === 'rewrite' && !liveFolders.has(directory)) bounds.push(removedFolders.get(directory) ?? 0);
    return Math.min(...bounds);
  };
}

/** A rewrite's files are named after its directory. */
function isOwnFile({ kind, directory, name }: DirectoryPlace): boolean {
  return kind === 'rewrite' && name.startsWith(`${nameOf(directory)}-`);
}
