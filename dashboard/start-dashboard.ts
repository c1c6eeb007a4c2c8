import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { SluiceError } from '../errors/sluice-error.ts';
import { loadDefinitions } from '../definition/load.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { ActionLog } from '../lake/action-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { type DashboardSettings, dashboardUrl } from '../settings/dashboard-settings.ts';
import type { LakeSettings, Settings } from '../settings/settings.ts';
import { backfillStatus } from '../temporal/backfill-command.ts';
import { lazyTemporal } from '../temporal/client.ts';
import { openReach } from './access/reach.ts';
import { openToken } from './access/token.ts';
import { backfillActions } from './actions/backfill-actions.ts';
import { BackfillPlanner } from './actions/backfill-planner.ts';
import { ingestActions } from './actions/ingest-actions.ts';
import { maintenanceActions } from './actions/maintenance-actions.ts';
import { createApp } from './api/app.ts';
import { bundlePage } from './api/page-bundle.ts';
import { BackfillList } from './follower/backfill-list.ts';
import { FollowLoop } from './follower/follow-loop.ts';
import { HealthFollower } from './follower/health-follower.ts';
import { HealthReader } from './follower/health-reader.ts';
import { History } from './follower/history.ts';
import { type OffsetSource, TopicWatch } from './follower/partition-lag.ts';
import { RejectedRecords } from './follower/rejected-records.ts';
import { ServerList } from './follower/server-list.ts';
import { TableFollower } from './follower/table-follower.ts';
import { LiveView } from './live/live-view.ts';
import { TemporalWorkflows } from './temporal/temporal-workflows.ts';
import { type WorkflowSource, WorkflowWatch } from './temporal/workflow-watch.ts';

/** The table whose rows are the servers' health. */
export const HEALTH_TABLE = 'server_health';

/** How the brokers' logs name this process. */
const CLIENT_ID = 'sluice-dashboard';
/** Time for a backfill's workflow to say how it is. */
const STATUS_WITHIN_MS = 2_500;

/** What the dashboard needs of the settings. */
export type FollowedSettings = LakeSettings & Pick<Settings, 'dashboard' | 'tablesFolder' | 'kafka' | 'temporal'>;

export interface Dashboard {
  readonly url: string;
  /** Ends streams, timers and the listener. */
  stop(): Promise<void>;
}

/** @throws SluiceError PORT_BUSY, TABLE_UNKNOWN, DEFINITION_INVALID; SETTINGS_INVALID where it would be unprotected */
export async function startDashboard(
  settings: FollowedSettings,
  kafka: OffsetSource = new KafkaCluster(settings.kafka, CLIENT_ID),
  temporal: WorkflowSource = new TemporalWorkflows(settings.temporal),
): Promise<Dashboard> {
  const reach = await openReach(settings.dashboard);
  const token = await openToken(settings.dashboard);
  const definitions = loadDefinitions(settings.tablesFolder);
  const storage = openStorage(settings);
  const pipelines = definitions.map((definition) => ({
    table: new TableFollower(storage, definition),
    topic: new TopicWatch(kafka, definition.source.topic),
  }));
  const servers = pipelines.find(({ table }) => table.definition.table === HEALTH_TABLE);
  if (servers === undefined) throw noHealthTable(settings.tablesFolder);
  const reader = await HealthReader.open();
  const health = new HealthFollower(servers.table, reader, new ServerList(), {
    onChange: () => live.changed(),
    onLoaded: () => live.changedAll(),
  });
  const workflows = new WorkflowWatch(
    temporal,
    definitions.map(({ table }) => table),
  );
  const temporalUi = { url: settings.temporal.uiUrl, namespace: settings.temporal.namespace };
  const live = new LiveView(health, servers, pipelines, workflows, temporalUi);
  const loop = new FollowLoop(
    pipelines.map(({ table }) => table),
    health,
  );
  const client = lazyTemporal(settings);
  const planner = new BackfillPlanner(storage, settings);
  const app = createApp({
    tokenToRead: !reach.loopbackOnly,
    listenHost: settings.dashboard.host,
    page: await bundlePage(),
    live,
    health,
    history: new History(servers.table, reader, health),
    tables: pipelines.map(({ table }) => ({ table, rejected: new RejectedRecords(storage, table) })),
    actions: {
      token,
      tablesFolder: settings.tablesFolder,
      log: new ActionLog(storage),
      actions: [...ingestActions(client), ...maintenanceActions(client), ...backfillActions(client, planner)],
    },
    backfills: {
      lists: new Map(definitions.map((definition) => [definition.table, new BackfillList(storage, definition)])),
      status: (input) => backfillStatus(client, input, STATUS_WITHIN_MS),
      ...{ planner, temporalUi, token },
    },
    codec: { token, temporal: settings.temporal },
  });
  const secure = reach.tls === undefined ? {} : { createServer, serverOptions: reach.tls };
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, ...secure });
  const url = await listen(server, settings.dashboard);
  for (const { topic } of pipelines) topic.start();
  workflows.start();
  loop.start();
  live.start();
  return {
    url,
    async stop() {
      live.stop();
      for (const { topic } of pipelines) topic.stop();
      workflows.stop();
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
      await loop.stop();
      await reader.close();
      await client.connection.close();
      await kafka.close();
      await temporal.close();
    },
  };
}

async function listen(server: ReturnType<typeof createAdaptorServer>, dashboard: DashboardSettings): Promise<string> {
  const { host, port } = dashboard;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new SluiceError('PORT_BUSY', `The dashboard cannot listen on ${host}:${port}.`, {
      remedy: 'Stop what listens there, or set SLUICE_PORT_DASHBOARD to another port.',
      details: { port },
      cause,
    });
  }
  return dashboardUrl({ ...dashboard, port: (server.address() as AddressInfo).port });
}

function noHealthTable(folder: string): SluiceError {
  return new SluiceError('TABLE_UNKNOWN', `The dashboard shows the table "${HEALTH_TABLE}", which is not defined.`, {
    remedy: `Put ${HEALTH_TABLE}.yaml back into ${folder}.`,
  });
}
