import type { StoredFile } from '../../plans/audit-files.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { type BookkeepingView, type ComparedPlan, planBookkeeping } from '../../plans/bookkeeping.ts';
import { planLogCleanup } from '../../plans/log-cleanup.ts';
import type { VacuumReason } from '../../plans/vacuum.ts';
import { type CheckpointFormat, readCheckpoint } from '../log/checkpoint.ts';
import type { LogFile } from '../log/log-files.ts';
import type { Storage } from '../storage/storage.ts';

/** Plans read at a time, to hide an object store's answer time. */
const PLANS_READ_AT_ONCE = 16;

/** A file that may go, its path relative to the table's folder. */
export interface DoomedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly reason: VacuumReason;
}

/** What may go of a table's plans, seals and audits. */
export async function doomedBookkeeping(
  storage: Storage,
  tablePath: string,
  view: BookkeepingView,
): Promise<DoomedFile[]> {
  const files: StoredFile[] = [];
  for await (const entry of storage.list(`${tablePath}/_sluice`, { deep: true })) {
    files.push({ ...entry, path: entry.path.slice(tablePath.length + 1) });
  }
  const planned = planBookkeeping(files, view);
  const plans = await repeatedPlans(storage, tablePath, planned.plans);
  return [
    ...planned.seals.map((file) => doomed(file, 'settled')),
    ...plans.map((file) => doomed(file, 'settled')),
    ...planned.audits.map((file) => doomed(file, 'audit')),
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
): Promise<DoomedFile[]> {
  const cleanup = planLogCleanup(files, nowMs, logRetentionMs);
  if (cleanup === undefined || cleanup.doomed.length === 0) return [];
  const actions = await readCheckpoint(storage, cleanup.checkpoint.path, format);
  if (!actions.some(({ metaData }) => metaData) || !actions.some(({ protocol }) => protocol)) return [];
  return cleanup.doomed.map((file) => doomed({ ...file, path: file.path.slice(tablePath.length + 1) }, 'log'));
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

function doomed({ path, sizeBytes }: Pick<DoomedFile, 'path' | 'sizeBytes'>, reason: VacuumReason): DoomedFile {
  return { path, sizeBytes, reason };
}
