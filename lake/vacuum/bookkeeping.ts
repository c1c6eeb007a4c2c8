import type { StoredFile } from '../../plans/audit-files.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { backfillOf, type BookkeepingView, type ComparedPlan, planBookkeeping } from '../../plans/bookkeeping.ts';
import { planLogCleanup } from '../../plans/log-cleanup.ts';
import type { VacuumReason } from '../../plans/vacuum.ts';
import { type CheckpointFormat, readCheckpoint } from '../log/checkpoint.ts';
import type { LogFile } from '../log/log-files.ts';
import type { Storage } from '../storage/storage.ts';

/** Plans read at a time, to hide an object store's answer time. */
const PLANS_READ_AT_ONCE = 16;

/** A file, its path relative to the table's folder, and why it goes or stays. */
export interface ReasonedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly reason: VacuumReason;
}

/**
 * What may go of a table's plans, seals, audits and backfills, and what is kept of the last.
 * @param ended tells which of some backfills have ended or were cancelled
 */
export async function judgedBookkeeping(
  storage: Storage,
  tablePath: string,
  view: Omit<BookkeepingView, 'endedBackfills'>,
  ended: (numbers: readonly number[]) => Promise<ReadonlySet<number>>,
): Promise<ReasonedFile[]> {
  const files: StoredFile[] = [];
  for await (const entry of storage.list(`${tablePath}/_sluice`, { deep: true })) {
    files.push({ ...entry, path: entry.path.slice(tablePath.length + 1) });
  }
  const numbers = new Set(files.map(backfillOf).filter((number) => number !== undefined));
  const planned = planBookkeeping(files, { ...view, endedBackfills: await ended([...numbers]) });
  const plans = await repeatedPlans(storage, tablePath, planned.plans);
  return [
    ...planned.seals.map((file) => reasoned(file, 'settled')),
    ...plans.map((file) => reasoned(file, 'settled')),
    ...planned.audits.map((file) => reasoned(file, 'audit')),
    ...planned.backfills.map((file) => reasoned(file, 'backfill')),
    ...planned.pending.map((file) => reasoned(file, 'pending')),
  ];
}

/**
 * What may go of a log, in the order in which it must. The checkpoint that it is to begin with is read before: without it
 * there would be no table any more.
 * @throws what the format throws, where that checkpoint cannot be read
 */
export async function doomedLogFiles(
  storage: Storage,
  tablePath: string,
  files: readonly LogFile[],
  { nowMs, logRetentionMs }: Pick<BookkeepingView, 'nowMs' | 'logRetentionMs'>,
  format: CheckpointFormat,
): Promise<ReasonedFile[]> {
  const cleanup = planLogCleanup(files, nowMs, logRetentionMs);
  if (cleanup === undefined || cleanup.doomed.length === 0) return [];
  const actions = await readCheckpoint(storage, cleanup.checkpoint.path, format);
  if (!actions.some(({ metaData }) => metaData) || !actions.some(({ protocol }) => protocol)) return [];
  return cleanup.doomed.map((file) => reasoned({ ...file, path: file.path.slice(tablePath.length + 1) }, 'log'));
}

/** Those that name the same definition as the plan before. */
async function repeatedPlans(
  storage: Storage,
  tablePath: string,
  compared: readonly ComparedPlan[],
): Promise<StoredFile[]> {
  const hashes = new Map<string, string | undefined>();
  const learn = async (path: string): Promise<void> => {
    const bytes = await storage.read(`${tablePath}/${path}`);
    hashes.set(path, bytes && (JSON.parse(bytes.toString()) as BatchPlan).definitionHash);
  };
  const paths = [...new Set(compared.flatMap(({ plan, before }) => [before, plan.path]))];
  for (let start = 0; start < paths.length; start += PLANS_READ_AT_ONCE) {
    await Promise.all(paths.slice(start, start + PLANS_READ_AT_ONCE).map(learn));
  }
  return compared
    .filter(({ plan, before }) => hashes.get(plan.path) !== undefined && hashes.get(plan.path) === hashes.get(before))
    .map(({ plan }) => plan);
}

function reasoned({ path, sizeBytes }: Pick<ReasonedFile, 'path' | 'sizeBytes'>, reason: VacuumReason): ReasonedFile {
  return { path, sizeBytes, reason };
}
