import { GRACE_MS } from '../tables.ts';
import type { ObjectStore } from '../services/object-store.ts';
import type { LogWatch } from './log-watch.ts';

const BATCH_FILE = /\/b(\d{10})-[^/]+$/;
const DIRECTORY = /^(.+)\/(g\d+-[^/]+)\/[^/]+$/;
const REWRITE = /\/g(\d+)-[^/]+-[^/]+\/[^/]+$/;

/**
 * Why a file may not be deleted, by a reading of its own: it is in the table, or may come to be, or somebody may still read
 * it. Undefined where it may.
 */
export function wrongRemoval(log: LogWatch, sequence: number, path: string, atMs: number): string | undefined {
  if (log.files.has(path)) return 'and is in the table';
  const batch = BATCH_FILE.exec(`/${path}`)?.[1];
  if (batch !== undefined && Number(batch) > sequence) return `and batch ${Number(batch)} may still be committed`;
  const base = REWRITE.exec(path)?.[1];
  const fence = log.transactions.get('sluice/fence') ?? 0;
  if (base !== undefined && Number(base) >= fence) return `and a rewrite from version ${base} may still be committed`;
  const removedAtMs = log.removedAtMs.get(path);
  if (removedAtMs !== undefined && atMs - removedAtMs < GRACE_MS) return 'and has only just left the table';
  const [, partition, name] = DIRECTORY.exec(path) ?? [];
  if (partition === undefined || name === undefined) return undefined;
  const directory = `${partition}/${name}`;
  if (log.directoryOf(partition) === directory) return 'and lies where Hive is to read';
  const leftAtMs = log.directoryLeft.get(directory)?.atMs;
  if (leftAtMs !== undefined && atMs - leftAtMs < GRACE_MS) return 'and lies where Hive has just been to read';
  return undefined;
}

const LOG_FILE = /^_delta_log\/(\d{20})\.(json|checkpoint\.parquet)$/;
const PLANNED = /^_sluice\/(?:plans|seals)\/(\d{10})\D/;

const DERIVED = /^_sluice\/backfills\/(\d{10})\/(?:staged|units|merges)\//;

/** The same for a file of the log, a plan, a seal or of a backfill, which is gone already. */
export function wrongTidying(
  log: LogWatch,
  sequence: number,
  path: string,
  atMs: number,
  store: ObjectStore,
  backfillIsOver: (number: number) => boolean,
): string | undefined {
  const [, version, type] = LOG_FILE.exec(path) ?? [];
  if (version !== undefined) {
    if (type === 'json') log.cleaned.add(Number(version));
    const oldest = oldestReadable(log, store);
    const wanted = log.createdAtMs.findIndex((createdAtMs) => atMs - createdAtMs < GRACE_MS);
    if (oldest === undefined) return 'and the table cannot be read any more';
    return wanted >= 0 && oldest > wanted ? `and version ${wanted} cannot be read any more` : undefined;
  }
  const derivedFor = DERIVED.exec(path)?.[1];
  if (derivedFor !== undefined) {
    return backfillIsOver(Number(derivedFor)) ? undefined : `and backfill ${Number(derivedFor)} may still be committed`;
  }
  const planned = PLANNED.exec(path)?.[1];
  if (planned === undefined) return 'and is nothing that may go';
  return Number(planned) > sequence ? 'and its batch is not committed' : undefined;
}

/** The oldest version from which on a log can be followed: the first, or that of a checkpoint. */
function oldestReadable(log: LogWatch, store: ObjectStore): number | undefined {
  const names = new Set(
    store.list(`${log.tablePath}/_delta_log`).map(([path]) => path.slice(path.lastIndexOf('/') + 1)),
  );
  let oldest: number | undefined;
  for (let version = log.tip; version >= 0; version -= 1) {
    const name = String(version).padStart(20, '0');
    if (!names.has(`${name}.json`)) break;
    if (version === 0 || names.has(`${name}.checkpoint.parquet`)) oldest = version;
  }
  return oldest;
}
