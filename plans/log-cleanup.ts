import { expiredVersion } from './vacuum.ts';

/** A file of a log, as storage lists it. */
export interface AgedLogFile {
  readonly kind: 'entry' | 'checkpoint';
  readonly version: number;
  /** By the storage's clock. */
  readonly modifiedAtMs: number;
}

export interface LogCleanup<F extends AgedLogFile> {
  /** The checkpoint that the log begins with from now on. It, its entry and all after it are kept. */
  readonly checkpoint: F;
  /** What goes, to be deleted one after the other in this order. */
  readonly doomed: readonly F[];
}

/**
 * Delta's metadata clean-up (PROTOCOL.md#metadata-cleanup): versions within the retention stay readable, so the newest
 * checkpoint that is not newer than the newest entry beyond it stays, with its own entry and all after. Undefined where
 * there is no such checkpoint, or where an entry is missing after it: then nothing goes.
 *
 * Checkpoints go first, so that nobody begins with one whose entries are about to go. Then entries in ascending order: while
 * one is there, none after it has been deleted, by which a writer that slept knows where it stands.
 */
export function planLogCleanup<F extends AgedLogFile>(
  files: readonly F[],
  nowMs: number,
  logRetentionMs: number,
): LogCleanup<F> | undefined {
  const entries = files.filter(({ kind }) => kind === 'entry').sort(byVersion);
  const checkpoints = files.filter(({ kind }) => kind === 'checkpoint').sort(byVersion);
  const cutOff = expiredVersion(entries, nowMs, logRetentionMs);
  const checkpoint = checkpoints.findLast(({ version }) => version <= cutOff);
  if (checkpoint === undefined) return undefined;
  const kept = entries.filter(({ version }) => version >= checkpoint.version);
  const isComplete = kept.every(({ version }, index) => version === checkpoint.version + index);
  if (kept.length === 0 || !isComplete) return undefined;
  const isBefore = ({ version }: F): boolean => version < checkpoint.version;
  return { checkpoint, doomed: [...checkpoints.filter(isBefore), ...entries.filter(isBefore)] };
}

function byVersion(one: AgedLogFile, other: AgedLogFile): number {
  return one.version - other.version;
}
