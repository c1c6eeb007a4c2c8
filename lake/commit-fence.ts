import { SluiceError } from '../errors/sluice-error.ts';
import { FENCE_APP_ID } from '../plans/rewrite.ts';
import { VACUUM_APP_ID } from '../plans/vacuum.ts';
import { MAX_COMMIT_ATTEMPTS } from './commit-batch.ts';
import type { Action } from './log/actions.ts';
import type { LogEntry, TableLog } from './log/table-log.ts';

/** What a fence's entry tells later vacuums. Versions are -1 where there is none. */
export interface Fence {
  readonly version: number;
  /** The version that Hive had been brought to before the fence was set. */
  readonly hiveVersion: number;
  /** The fence before, which the log may have lost, and Hive's version then. */
  readonly previous: number;
  readonly previousHiveVersion: number;
}

/**
 * Sets a fence: no rewrite that started from a version below it will be committed from now on.
 * @param hiveVersion the version that Hive has just been brought to
 */
export async function commitFence(log: TableLog, hiveVersion = -1): Promise<Fence> {
  return commitOnNewest(log, async () => {
    const before = await newestFence(log);
    const fence = {
      version: log.snapshot.version + 1,
      hiveVersion,
      previous: before?.version ?? -1,
      previousHiveVersion: before?.hiveVersion ?? -1,
    };
    return { actions: actionsOf(fence), value: fence };
  });
}

/** Says that what left the table up to a version is deleted, so that the log need not name it any more. */
export async function commitVacuumed(log: TableLog, settledVersion: number): Promise<void> {
  const timestamp = Date.now();
  const actions = [
    { commitInfo: { timestamp, operation: 'VACUUM END' } },
    { txn: { appId: VACUUM_APP_ID, version: settledVersion, lastUpdated: timestamp } },
  ];
  await commitOnNewest(log, () => {
    const known = log.snapshot.transactionVersion(VACUUM_APP_ID) ?? -1;
    return { actions: known >= settledVersion ? [] : actions, value: undefined };
  });
}

/** The fence that holds; undefined before the first. */
export async function newestFence(log: TableLog): Promise<Fence | undefined> {
  const version = log.snapshot.transactionVersion(FENCE_APP_ID);
  if (version === undefined) return undefined;
  const entry = await log.readEntry(version);
  return fenceOf(entry) ?? { version, hiveVersion: -1, previous: -1, previousHiveVersion: -1 };
}

/** What an entry says of the fence that it sets. */
export function fenceOf(entry: LogEntry | undefined): Fence | undefined {
  const info = entry?.actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
  if (entry === undefined || info?.operation !== 'VACUUM START') return undefined;
  const numberAt = (key: string): number => Number(info.operationParameters?.[key] ?? -1);
  return {
    version: entry.version,
    hiveVersion: numberAt('hiveVersion'),
    previous: numberAt('previous'),
    previousHiveVersion: numberAt('previousHiveVersion'),
  };
}

function actionsOf({ version, hiveVersion, previous, previousHiveVersion }: Fence): Action[] {
  const timestamp = Date.now();
  const operationParameters = {
    hiveVersion: String(hiveVersion),
    previous: String(previous),
    previousHiveVersion: String(previousHiveVersion),
  };
  return [
    { commitInfo: { timestamp, operation: 'VACUUM START', operationParameters } },
    { txn: { appId: FENCE_APP_ID, version, lastUpdated: timestamp } },
  ];
}

interface Commit<T> {
  /** None where there is nothing to say. */
  readonly actions: readonly Action[];
  readonly value: T;
}

/** Creates the next entry with what `build` makes of the newest state. */
async function commitOnNewest<T>(log: TableLog, build: () => Commit<T> | Promise<Commit<T>>): Promise<T> {
  for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt += 1) {
    await log.refresh();
    const { actions, value } = await build();
    if (actions.length === 0 || (await log.create(actions))) return value;
  }
  throw new SluiceError(
    'LOG_INCONSISTENT',
    `A vacuum found no free version in ${MAX_COMMIT_ATTEMPTS} attempts: something else writes this log.`,
    { remedy: 'Find the other writer of this table and stop it.' },
  );
}
