import { SluiceError } from '../errors/sluice-error.ts';
import type { DataFile } from './batch.ts';
import { type BackfillTurn, turnConflict } from './backfill-turn.ts';
import { decodedPath, placeOf } from './file-place.ts';
import { partitionName, type PartitionValues } from './partition-name.ts';
import type { LiveFile } from './publication.ts';

/**
 * A rewrite replaces live files by others, whole and at once. Compaction keeps the rows, backfill derives them anew,
 * retention drops them.
 */
export type RewriteKind = 'compaction' | 'backfill' | 'retention';

/** A partition that a rewrite takes files from or adds files to, as it was at the rewrite's base. */
export interface TouchedPartition {
  /** Version of the log that the partition was looked at; names the directory of its new files. */
  readonly version: number;
  readonly values: Readonly<Record<string, string>>;
  /** The files that go, by their paths in the log. */
  readonly taken: readonly string[];
  /** Every file of an earlier rewrite that was live here, taken or not. */
  readonly rewritten: readonly string[];
  /** True where every live file is taken. */
  readonly whole: boolean;
}

/** What a rewrite starts from. Plain data, so that it can be kept. */
export interface RewriteBase {
  /** Version of the log: the lowest of its partitions'. */
  readonly version: number;
  readonly partitions: readonly TouchedPartition[];
}

export interface Rewrite {
  /** Used once, without `-`: the log's transaction `sluice/rewrite/<id>` says whether it has been committed. */
  readonly id: string;
  readonly kind: RewriteKind;
  readonly base: RewriteBase;
  readonly files: readonly DataFile[];
  /** Kept with each new file in the log (Delta's `add.tags`). */
  readonly tags?: Readonly<Record<string, string>>;
  /** How long after its end a partition still fills: the new files say how many of their rows had come later. */
  readonly sealAfterMs?: number;
  /** Which backfill it is a part of, where it is. */
  readonly turn?: BackfillTurn;
  /** Of retention: partitions that had ended by then are dropped, in milliseconds since the epoch. */
  readonly droppedToMs?: number;
}

/** The log's state, as far as a rewrite must know it. */
export interface RewriteState {
  readonly files: ReadonlyMap<string, LiveFile>;
  readonly transactions: ReadonlyMap<string, unknown>;
  transactionVersion(appId: string): number | undefined;
}

/** Its version is that of the vacuum's last fence: what started before may not be committed any more. */
export const FENCE_APP_ID = 'sluice/fence';
/** Its version is that of the last backfill's commit. */
export const BACKFILL_APP_ID = 'sluice/backfill';

/** Its version says when the newest partition that retention has dropped had ended, in milliseconds since the epoch. */
export const DROPPED_APP_ID = 'sluice/retention/dropped';

export function rewriteAppId(id: string): string {
  return `sluice/rewrite/${id}`;
}

/** Ids of compactions begin so, and no others. */
export const COMPACTION_ID_PREFIX = 'c';

/** Ids of retention's drops begin so: an audit counts them. */
export const RETENTION_ID_PREFIX = 'd';

/**
 * Whether a transaction has served its purpose once a fence is set: a compaction that began before cannot be committed any
 * more, so that nobody needs to know whether it has been. There are hundreds a day of them. Backfills and retention, of
 * which there are few, are asked after much later, and stay.
 */
export function isSettledByFence(
  transaction: { readonly appId: string; readonly version: number },
  fence: number,
): boolean {
  return transaction.version < fence && transaction.appId.startsWith(rewriteAppId(COMPACTION_ID_PREFIX));
}

/**
 * The base of a rewrite that takes these files of these live ones.
 * @param partitions values of partitions that it will add files to, beside those that it takes files from
 */
export function rewriteBase(
  state: { readonly version: number; readonly files: ReadonlyMap<string, LiveFile> },
  columns: readonly string[],
  taken: readonly string[],
  partitions: readonly Readonly<Record<string, string>>[] = [],
): RewriteBase {
  const takenPaths = new Set(taken);
  const touched = new Map<string, { values: Readonly<Record<string, string>>; live: string[] }>();
  const touch = (values: PartitionValues): void => {
    const name = partitionName(values, columns);
    if (!touched.has(name)) touched.set(name, { values: values as Readonly<Record<string, string>>, live: [] });
  };
  partitions.forEach(touch);
  for (const path of taken) {
    const file = state.files.get(path);
    if (file === undefined) throw new SluiceError('INTERNAL', `A rewrite takes ${path}, which is not live.`);
    touch(file.partitionValues);
  }
  for (const [path, file] of state.files) {
    touched.get(partitionName(file.partitionValues, columns))?.live.push(path);
  }
  return {
    version: state.version,
    partitions: [...touched.values()].map(({ values, live }) => ({
      version: state.version,
      values,
      taken: live.filter((path) => takenPaths.has(path)),
      rewritten: live.filter(isRewritten),
      whole: live.every((path) => takenPaths.has(path)),
    })),
  };
}

/**
 * Why a rewrite may not be committed on top of this state; undefined where it may: where each of its partitions may, and,
 * where it begins a backfill, no other is half committed.
 */
export function conflictOf(rewrite: Rewrite, state: RewriteState, columns: readonly string[]): string | undefined {
  const waiting = rewrite.turn && turnConflict(rewrite.turn, state.transactions);
  if (waiting !== undefined) return waiting;
  const [conflict] = partitionConflicts(rewrite.kind, rewrite.base.partitions, state, columns).values();
  return conflict;
}

/**
 * Why partitions may not be rewritten from their base any more, by name. A partition may if its files are still live and,
 * since its base, nothing but batches has come to it, no fence has been set, and, where it is a backfill that touches it,
 * no other backfill has been committed. A fence at the base itself was there before the rewrite began.
 */
export function partitionConflicts(
  kind: RewriteKind,
  partitions: readonly TouchedPartition[],
  state: RewriteState,
  columns: readonly string[],
): Map<string, string> {
  const fence = state.transactionVersion(FENCE_APP_ID) ?? 0;
  const backfill = kind === 'backfill' ? (state.transactionVersion(BACKFILL_APP_ID) ?? 0) : 0;
  const touched = new Map(partitions.map((partition) => [partitionName(partition.values, columns), partition]));
  const conflicts = new Map<string, string>();
  for (const [name, { version, taken }] of touched) {
    const gone = taken.find((path) => !state.files.has(path));
    if (fence > version)
      conflicts.set(
        name,
        `a vacuum has begun since version ${version}; if it had been committed before, that is not known any more`,
      );
    else if (backfill > version) conflicts.set(name, `another backfill was committed after version ${version}`);
    else if (gone !== undefined) conflicts.set(name, `${gone} is not live any more`);
  }
  for (const [path, file] of state.files) {
    if (!isRewritten(path)) continue;
    const name = partitionName(file.partitionValues, columns);
    const known = touched.get(name);
    if (known === undefined || known.rewritten.includes(path) || conflicts.has(name)) continue;
    conflicts.set(name, `${path} has been added after version ${known.version}`);
  }
  return conflicts;
}

/**
 * Refuses what would break the table whatever the log says: an id of another kind, a new file outside of the rewrite's own directories, or a
 * partition that loses some of its files and gains none. (Without a new file its directory in Hive would not change.)
 * @throws SluiceError INTERNAL
 */
export function requireWellFormed(rewrite: Rewrite, columns: readonly string[]): void {
  if (rewrite.id.startsWith(COMPACTION_ID_PREFIX) !== (rewrite.kind === 'compaction')) {
    throw new SluiceError('INTERNAL', `The id ${rewrite.id} is not one of a ${rewrite.kind}.`);
  }
  const gaining = new Set<string>();
  const versions = new Map(
    rewrite.base.partitions.map(({ values, version }) => [partitionName(values, columns), version]),
  );
  for (const { path, partitionValues } of rewrite.files) {
    const name = partitionName(partitionValues, columns);
    const place = placeOf(path);
    const own = place?.kind === 'rewrite' && place.partition === name && place.base === versions.get(name);
    if (!own || !place.directory.includes(`/g${place.base}-${rewrite.id}-`)) {
      throw new SluiceError('INTERNAL', `The rewrite ${rewrite.id} adds a file that is not its own: ${path}.`);
    }
    gaining.add(name);
  }
  for (const { values, taken, whole } of rewrite.base.partitions) {
    const name = partitionName(values, columns);
    if (taken.length === 0 || whole || gaining.has(name)) continue;
    throw new SluiceError('INTERNAL', `The rewrite ${rewrite.id} takes some files of ${name} and adds none.`);
  }
}

/** Whether a live file, by its path in the log, is of a rewrite and not of a batch. */
function isRewritten(path: string): boolean {
  return placeOf(decodedPath(path))?.kind !== 'batch';
}
