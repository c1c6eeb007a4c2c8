import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openToken } from '../../dashboard/access/token.ts';
import { startDashboard } from '../../dashboard/start-dashboard.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { readSettings } from '../../settings/settings.ts';
import { CommittedTopic } from './committed-topic.ts';
import { SaidWorkflows } from './said-workflows.ts';
import { TableWriter } from './table-writer.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** A dashboard that listens, and the table folder that it follows. */
export interface RunningDashboard {
  readonly url: string;
  readonly token: string;
  readonly home: string;
  readonly writer: TableWriter;
  readonly topic: CommittedTopic;
  readonly workflows: SaidWorkflows;
  /** The table's folder on disk. */
  readonly tableFolder: string;
  stop(): Promise<void>;
}

/** `prepare` may write to the table before the dashboard starts. */
export async function runDashboard(
  hosts: number,
  prepare: (writer: TableWriter, tableFolder: string, topic: CommittedTopic) => Promise<unknown> = () =>
    Promise.resolve(),
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningDashboard> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const lake = join(home, 'lake');
  mkdirSync(lake);
  const settings = readSettings(
    // Nothing listens on port 1: this dashboard has no Temporal.
    { SLUICE_HOME: home, SLUICE_LAKE: pathToFileURL(lake).href, TEMPORAL_ADDRESS: '127.0.0.1:1', ...environment },
    PROJECT,
  );
  const writer = await TableWriter.open(settings.lakeUri, hosts);
  const tableFolder = join(lake, mainTable(writer.definition).path);
  const topic = new CommittedTopic(writer);
  const workflows = new SaidWorkflows();
  await prepare(writer, tableFolder, topic);
  const listen = { ...settings.dashboard, port: 0 };
  const dashboard = await startDashboard({ ...settings, dashboard: listen }, topic, workflows);
  const { text: token } = await openToken(listen);
  return {
    url: dashboard.url,
    token,
    home,
    writer,
    topic,
    workflows,
    tableFolder,
    async stop() {
      await dashboard.stop();
      writer.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Whole seconds that end just now, `back` of them. */
export function lastSeconds(back: number): { fromMs: number; toMs: number } {
  const toMs = Math.floor(Date.now() / 1000) * 1000;
  return { fromMs: toMs - back * 1000, toMs };
}
