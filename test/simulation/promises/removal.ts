import { GRACE_MS } from '../tables.ts';
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
  if (path.startsWith('_')) return 'and is no data file';
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
  const leftAtMs = log.directoryLeftAtMs.get(directory);
  if (leftAtMs !== undefined && atMs - leftAtMs < GRACE_MS) return 'and lies where Hive has just been to read';
  return undefined;
}
