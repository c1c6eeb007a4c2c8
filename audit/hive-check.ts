import { HivePublisher } from '../lake/hive/publisher.ts';
import { shapeInLog } from '../lake/log/schema.ts';
import type { StorageEntry } from '../lake/storage/storage.ts';
import { judgeDirectory } from '../plans/audit-files.ts';
import { judgeHive } from '../plans/audit-hive.ts';
import { type Finding, findingKey } from '../plans/finding.ts';
import type { WantedPartition } from '../plans/publication.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import { tableFiles } from './table-view.ts';

/** Hive may lag behind the log: what differs counts once it has been seen in this many looks. */
export const HIVE_LOOKS = 5;
export const HIVE_LOOK_EVERY_MS = 2_000;

/**
 * Compares the metastore, and the directories that it names, with what follows from the logs as they stand now. The table
 * may be written meanwhile, and the publisher may be a moment behind; what stays wrong through every look is wrong.
 */
export async function checkHive(run: AuditRun): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const checked of run.tables) found.push(...(await lookRepeatedly(run, checked)));
  return found;
}

/** Makes Hive's view of the tables again, from their logs. */
export async function republish(run: AuditRun): Promise<void> {
  const { parts } = run.subject;
  for (const { view } of run.tables) {
    const { shape, log } = view;
    await log.refresh();
    if (log.snapshot.version < 0) continue;
    const publisher = new HivePublisher({ metastore: parts.metastore, storage: parts.storage, shape });
    await publisher.ensureTable();
    await publisher.reconcile([...log.snapshot.files.values()], log.snapshot.version, log.snapshot.metaData);
  }
}

async function lookRepeatedly(run: AuditRun, checked: CheckedTable): Promise<Finding[]> {
  const { parts, request } = run.subject;
  if (checked.view.version < 0) return [];
  let lasting: Finding[] = [];
  for (let look = 1; look <= HIVE_LOOKS; look += 1) {
    const partitions = look === 1 ? undefined : new Set(lasting.map(({ hivePartition }) => hivePartition));
    const seen = await lookOnce(run, checked, partitions);
    const keys = new Set(seen.map(findingKey));
    lasting = look === 1 ? seen : lasting.filter((found) => keys.has(findingKey(found)));
    request.onProgress?.({ check: 'hive', done: look, total: HIVE_LOOKS });
    if (lasting.length === 0) return [];
    if (look < HIVE_LOOKS) await parts.clock.sleep(HIVE_LOOK_EVERY_MS, request.signal);
  }
  return lasting;
}

/** @param among looks only into these partitions' directories */
async function lookOnce(
  run: AuditRun,
  { view, records }: CheckedTable,
  among: ReadonlySet<string | null> | undefined,
): Promise<Finding[]> {
  const { parts, table } = run.subject;
  const { shape, log } = view;
  const shapeNow = shapeInLog(shape, log.snapshot.metaData);
  const publisher = new HivePublisher({ metastore: parts.metastore, storage: parts.storage, shape: shapeNow });
  const hive = await publisher.view();
  await log.refresh();
  const files = tableFiles({ shape, log, version: log.snapshot.version, live: [] }, table.committedSequence);
  const findings = judgeHive(shape.table, files.wanted, hive);
  const isThere = hive !== undefined && hive.difference === undefined;
  const broken = records.brokenPaths(shape.table);
  for (const partition of isThere ? files.wanted : []) {
    if (among !== undefined && !among.has(partition.name)) continue;
    const stored = await listDirectory(run, shape.path, partition);
    findings.push(...judgeDirectory(files, partition, stored, broken));
  }
  return findings;
}

async function listDirectory(
  run: AuditRun,
  tablePath: string,
  { directory }: WantedPartition,
): Promise<StorageEntry[]> {
  const entries: StorageEntry[] = [];
  for await (const entry of run.subject.parts.storage.list(`${tablePath}/${directory}`)) {
    entries.push({ ...entry, path: entry.path.slice(tablePath.length + 1) });
  }
  return entries;
}
