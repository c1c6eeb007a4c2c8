import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { HealthFollower } from '../../../dashboard/follower/health-follower.ts';
import { History } from '../../../dashboard/follower/history.ts';
import { RowWindow } from '../../../dashboard/follower/row-window.ts';
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
  readonly window: RowWindow;
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
  const window = await RowWindow.open();
  const health = new HealthFollower(table, window, new ServerList(), {
    onChange: () => undefined,
    onLoaded: () => undefined,
  });
  onTestFinished(async () => {
    await health.stop();
    await window.close();
    writer.close();
  });
  return {
    writer,
    tableFolder: `${lake}/${mainTable(writer.definition).path}`,
    table,
    window,
    health,
    history: new History(table, window, health),
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
