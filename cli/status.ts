import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { readDefinitions } from '../definition/load.ts';
import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import { dashboardUrl } from '../settings/dashboard-settings.ts';
import { metricsUrl } from '../settings/metrics-settings.ts';
import { describeLosses } from '../plans/operator-decision.ts';
import { readSettings } from '../settings/settings.ts';
import { INGEST_TASK_QUEUE, ingestWorkflowId, type IngestStatus, statusQuery } from '../workflows/ingest-protocol.ts';
import { reportTable, type TableReport } from './table-report.ts';
import { connectTemporal } from '../temporal/client.ts';

/** `sluice status --json`; the shape is stable. */
export interface StatusReport {
  readonly tables: readonly (TableReport & { readonly ingest: IngestStatus | null })[];
  /** Tables whose definition file is wrong: their ingestion waits until it is corrected. */
  readonly definitionFailures: readonly {
    readonly table: string;
    readonly failure: string;
    readonly ingest: IngestStatus | null;
  }[];
  /** Workers that poll for ingestion; null where Temporal does not answer. */
  readonly workers: number | null;
  readonly temporalFailure: string | null;
  readonly urls: {
    readonly dashboard: string;
    readonly temporalUi: string;
    /** Where Prometheus finds each worker's figures. */
    readonly metrics: { readonly worker: string; readonly background: string };
  };
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('Show every table: how fresh it is, how far behind, and what its ingestion is doing')
    .option('--json', 'print JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const report = await readStatus();
      if (json) console.log(JSON.stringify(report, null, 2));
      else print(report);
    });
}

async function readStatus(): Promise<StatusReport> {
  const settings = readSettings();
  const { definitions, failures } = readDefinitions(settings.tablesFolder);
  const [reports, temporal] = await Promise.all([
    Promise.all(definitions.map((definition) => reportTable(settings, definition))),
    connectTemporal(settings).then(
      (client) => ({ client, failure: null }),
      (thrown: unknown) => ({ client: undefined, failure: asSluiceError(thrown).advice }),
    ),
  ]);
  const { client } = temporal;
  const ingestOf = async (table: string): Promise<IngestStatus | null> => (client ? ingestStatus(client, table) : null);
  return {
    tables: await Promise.all(reports.map(async (report) => withIngest(report, await ingestOf(report.table)))),
    definitionFailures: await Promise.all(
      failures.map(async ({ table, failure }) => ({ table, failure: failure.advice, ingest: await ingestOf(table) })),
    ),
    workers: client ? await countWorkers(client) : null,
    temporalFailure: temporal.failure,
    urls: {
      dashboard: dashboardUrl(settings.dashboard),
      temporalUi: settings.temporal.uiUrl,
      metrics: {
        worker: metricsUrl(settings.metrics, 'worker'),
        background: metricsUrl(settings.metrics, 'background'),
      },
    },
  };
}

/** The log learns of a publication with the next commit; the ingestion's last window may know of a newer one. */
function withIngest(report: TableReport, ingest: IngestStatus | null): StatusReport['tables'][number] {
  const hiveVersion = ingest?.lastWindow?.hiveVersion ?? null;
  if (hiveVersion === null || (report.hiveVersion ?? -1) >= hiveVersion) return { ...report, ingest };
  return { ...report, hiveVersion, ingest };
}

async function ingestStatus(client: Client, table: string): Promise<IngestStatus | null> {
  // Without a worker or a workflow nobody answers the query; the lake's part of the report stands by itself.
  return client.withDeadline(Date.now() + 3_000, () =>
    client.workflow
      .getHandle(ingestWorkflowId(table))
      .query(statusQuery)
      .catch((thrown: unknown) => {
        if (thrown instanceof SluiceError) throw thrown;
        return null;
      }),
  );
}

async function countWorkers(client: Client): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: INGEST_TASK_QUEUE },
  });
  return pollers.length;
}

function print(report: StatusReport): void {
  for (const table of report.tables) {
    console.log(
      `${table.table}: ${table.ingest?.state ?? 'no answer from its workflow'}. ${table.ingest?.reason ?? ''}`,
    );
    console.log(`  ${table.location}`);
    console.log(
      `  log version ${table.version ?? '-'}, Hive version ${table.hiveVersion ?? '-'}, ${table.rows} rows in ${table.files} files, ${table.rejected} rejected`,
    );
    if (table.freshness) {
      const { commitP50Ms, commitP99Ms, hiveP50Ms, hiveP99Ms } = table.freshness;
      console.log(
        `  fresh: p50 ${commitP50Ms} ms, p99 ${commitP99Ms} ms to commit; p50 ${hiveP50Ms ?? '-'} ms, p99 ${hiveP99Ms ?? '-'} ms to Hive`,
      );
    }
    for (const { partition, committedOffset, lag, heldBack } of table.partitions) {
      const held = (heldBack ?? '0') === '0' ? '' : `; ${heldBack} more wait for an open transaction to end`;
      console.log(`  partition ${partition}: offset ${committedOffset}, lag ${lag ?? 'unknown'}${held}`);
    }
    if (table.lost.length > 0) console.log(`  given up: ${describeLosses(table.lost)}`);
    if (table.kafkaFailure) console.log(`  Kafka: ${table.kafkaFailure}`);
    if (table.lakeFailure) console.log(`  Lake: ${table.lakeFailure}`);
  }
  for (const { table, failure, ingest } of report.definitionFailures) {
    console.log(`${table}: ${ingest?.state ?? 'no answer from its workflow'}. ${failure}`);
  }
  console.log(`workers: ${report.workers ?? `unknown (${report.temporalFailure ?? ''})`}`);
  console.log(`dashboard: ${report.urls.dashboard}   Temporal UI: ${report.urls.temporalUi}`);
  console.log(`metrics: ${report.urls.metrics.worker}   ${report.urls.metrics.background}`);
}
