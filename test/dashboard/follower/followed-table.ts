import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { HealthFollower } from '../../../dashboard/follower/health-follower.ts';
import { HealthReader } from '../../../dashboard/follower/health-reader.ts';
import { History } from '../../../dashboard/follower/history.ts';
import { ServerList } from '../../../dashboard/follower/server-list.ts';
import { TableFollower } from '../../../dashboard/follower/table-follower.ts';
import { openStorage } from '../../../lake/storage/open-storage.ts';
import { mainTable } from '../../../plans/table-shape.ts';
import { readSettings } from '../../../settings/settings.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { waitFor } from '../../wait-for.ts';
import { TableWriter } from '../table-writer.ts';

/** A table on disk and everything that follows it, looked at step by step. */
export interface FollowedTable {
  readonly writer: TableWriter;
  readonly tableFolder: string;
  readonly table: TableFollower;
  readonly reader: HealthReader;
  readonly health: HealthFollower;
  readonly history: History;
  /** Opens the table and reads its past. */
  readonly open: () => Promise<void>;
  /** Takes what was committed since. */
  readonly follow: () => Promise<void>;
}

export async function followTable(hosts: number): Promise<FollowedTable> {
  const lake = temporaryFolder();
  const writer = await TableWriter.open(pathToFileURL(lake).href, hosts);
  const storage = openStorage(readSettings({ SLUICE_LAKE: lake }));
  const table = new TableFollower(storage, writer.definition);
  const reader = await HealthReader.open();
  const health = new HealthFollower(table, reader, new ServerList(), {
    onChange: () => undefined,
    onLoaded: () => undefined,
  });
  onTestFinished(async () => {
    await health.stop();
    await reader.close();
    writer.close();
  });
  return {
    writer,
    tableFolder: `${lake}/${mainTable(writer.definition).path}`,
    table,
    reader,
    health,
    history: new History(table, reader, health),
    async open() {
      await table.open(Date.now());
      await health.start(Date.now());
      await waitFor('the past to be read', 10_000, () =>
        Promise.resolve(health.state === 'following' ? true : undefined),
      );
    },
    async follow() {
      await health.take(await table.poll());
    },
  };
}
