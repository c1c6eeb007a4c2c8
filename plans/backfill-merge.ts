import { type BackfillPlan, type BackfillUnit, mayHold } from './backfill.ts';
import { type BackfillStep, turnRewriteId } from './backfill-turn.ts';
import type { DataFile } from './batch.ts';
import { partitionName } from './partition-name.ts';
import { partitionEndMs } from './partition-time.ts';
import type { LiveFile } from './publication.ts';
import {
  DROPPED_APP_ID,
  partitionConflicts,
  type Rewrite,
  type RewriteState,
  type TouchedPartition,
} from './rewrite.ts';

/** Everything that a backfill's units have derived. */
export interface StagedRows {
  readonly rows: number;
  readonly rejectedRows: number;
  readonly files: readonly DataFile[];
  readonly rejectedFiles: readonly DataFile[];
}

export function stagedRows(units: readonly BackfillUnit[]): StagedRows {
  return {
    rows: units.reduce((sum, { rows }) => sum + rows, 0),
    rejectedRows: units.reduce((sum, { rejectedRows }) => sum + rejectedRows, 0),
    files: units.flatMap(({ files }) => files),
    rejectedFiles: units.flatMap(({ rejectedFiles }) => rejectedFiles),
  };
}

/** One partition as one step of a backfill leaves it. Kept until the commit, so that no restart does it again. */
export interface PartitionMerge {
  readonly format: 1;
  readonly step: BackfillStep;
  readonly base: TouchedPartition;
  /** Every file of the partition that might hold records of the ranges, taken or not. */
  readonly examined: readonly string[];
  readonly files: readonly DataFile[];
  readonly keptRows: number;
  readonly replacedRows: number;
  readonly newRows: number;
}

/** A partition that must be merged before its step can be committed. */
export interface WantedMerge {
  readonly step: BackfillStep;
  readonly partition: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface StepState {
  /** What can be committed as it is. */
  readonly ready: readonly PartitionMerge[];
  readonly wanted: readonly WantedMerge[];
}

interface Live extends LiveFile {
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly stats?: string;
}

/**
 * What a step still needs on top of a log's state: every partition that may hold a record of the ranges, or gets one, merged
 * from a base that still stands.
 */
export function stepState(
  { plan, step, staged, merges }: BackfillInput,
  state: Omit<RewriteState, 'files'> & { readonly files: ReadonlyMap<string, Live> },
  columns: readonly string[],
): StepState {
  const touched = new Map<string, { values: Readonly<Record<string, string>>; candidates: string[] }>();
  const touch = (values: Readonly<Record<string, string>>, candidate?: string): void => {
    const name = partitionName(values, columns);
    const found = touched.get(name) ?? { values, candidates: [] };
    touched.set(name, found);
    if (candidate !== undefined) found.candidates.push(candidate);
  };
  if (changesAnything(step, staged)) {
    for (const { partitionValues } of newFiles(step, staged)) touch(partitionValues);
    for (const file of state.files.values()) if (mayHold(plan, file)) touch(file.partitionValues, file.path);
    if (plan.includesDropped !== true)
      for (const name of droppedPartitions(touched, state, columns)) touched.delete(name);
  }
  const newest = newestMerges(step, merges, columns);
  const bases = [...newest.values()].map(({ base }) => base);
  const conflicts = partitionConflicts('backfill', bases, state, columns);
  const wanted: WantedMerge[] = [];
  for (const [partition, { values, candidates }] of touched) {
    const merge = newest.get(partition);
    const stands = merge !== undefined && !conflicts.has(partition);
    if (stands && candidates.every((path) => merge.examined.includes(path))) continue;
    newest.delete(partition);
    wanted.push({ step, partition, values });
  }
  const ready = [...newest].filter(([partition]) => touched.has(partition)).map(([, merge]) => merge);
  return { ready, wanted };
}

/** Those that retention has passed, and in which nothing is live. Their rows are not derived again. */
function droppedPartitions(
  touched: ReadonlyMap<string, Pick<WantedMerge, 'values'>>,
  state: Omit<RewriteState, 'files'> & { readonly files: ReadonlyMap<string, Live> },
  columns: readonly string[],
): string[] {
  const droppedToMs = state.transactionVersion(DROPPED_APP_ID) ?? 0;
  const passed = [...touched].filter(([, { values }]) => (partitionEndMs(values) ?? Infinity) <= droppedToMs);
  if (passed.length === 0) return [];
  const live = new Set([...state.files.values()].map((file) => partitionName(file.partitionValues, columns)));
  return passed.map(([name]) => name).filter((name) => !live.has(name));
}

export interface BackfillInput {
  readonly plan: Pick<BackfillPlan, 'ranges' | 'sequence' | 'number' | 'includesDropped'>;
  readonly step: BackfillStep;
  readonly staged: StagedRows;
  readonly merges: readonly PartitionMerge[];
}

/** The rewrite that commits a step, of merges that all stand. */
export function stepRewrite(
  number: number,
  step: BackfillStep,
  merges: readonly PartitionMerge[],
  version: number,
): Rewrite {
  // Those that change nothing too: nothing may have come to them since.
  const partitions = merges.map(({ base }) => base);
  return {
    id: turnRewriteId({ number, step }),
    kind: 'backfill',
    turn: { number, step },
    base: { version: Math.min(version, ...partitions.map((partition) => partition.version)), partitions },
    files: merges.flatMap(({ files }) => files),
  };
}

/** Staged files that a step puts into its table. */
export function newFiles(step: BackfillStep, { files, rejectedFiles }: StagedRows): readonly DataFile[] {
  if (step === 'take') return [];
  return step === 'replace' ? files : rejectedFiles;
}

/** Staged files whose records a step replaces: rows of its table that are of one of them go. */
export function replacingFiles(step: BackfillStep, { files, rejectedFiles }: StagedRows): readonly DataFile[] {
  if (step === 'replace') return [...files, ...rejectedFiles];
  return step === 'bring' ? rejectedFiles : files;
}

/** `bring` changes nothing where no record is rejected anew, `take` where none is accepted anew. */
function changesAnything(step: BackfillStep, { rows, rejectedRows }: StagedRows): boolean {
  if (step === 'replace') return rows + rejectedRows > 0;
  return (step === 'bring' ? rejectedRows : rows) > 0;
}

function newestMerges(
  step: BackfillStep,
  merges: readonly PartitionMerge[],
  columns: readonly string[],
): Map<string, PartitionMerge> {
  const newest = new Map<string, PartitionMerge>();
  for (const merge of merges) {
    if (merge.step !== step) continue;
    const name = partitionName(merge.base.values, columns);
    if (merge.base.version >= (newest.get(name)?.base.version ?? -1)) newest.set(name, merge);
  }
  return newest;
}
