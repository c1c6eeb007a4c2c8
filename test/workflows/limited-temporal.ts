import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { freePorts } from '../../infra/ports.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { temporalServer } from '../../infra/temporal-server.ts';
import { readSettings } from '../../settings/settings.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';

/** One run of a workflow that may have gone on in others. */
export interface Run {
  readonly runId: string;
  readonly events: number;
  readonly sizeBytes: number;
  readonly activities: number;
  /** Updates that it has taken. */
  readonly commands: number;
}

/** A real Temporal server that has workflows continue as new early, and workers of its own. */
export class LimitedTemporal {
  readonly client: Client;
  readonly #connection: NativeConnection;
  readonly #server: RunningComponent;
  readonly #home: string;
  readonly #cacheFolder: string;

  private constructor(
    home: string,
    cacheFolder: string,
    server: RunningComponent,
    connections: [Connection, NativeConnection],
  ) {
    this.#home = home;
    this.#cacheFolder = cacheFolder;
    this.#server = server;
    this.client = new Client({ connection: connections[0] });
    this.#connection = connections[1];
  }

  /** @param maxEvents of a history, from where the server suggests to continue as new; its own default is 4,096 */
  static async start(maxEvents?: number): Promise<LimitedTemporal> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    const { cacheFolder } = readSettings();
    const settings = readSettings({ SLUICE_HOME: home, SLUICE_CACHE: cacheFolder });
    const component = temporalServer({ ...settings, ports: await freePorts() });
    await component.prepare?.(() => undefined);
    const limit = ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${maxEvents}`];
    const limited = {
      ...component,
      command() {
        const { args, ...command } = component.command();
        return { ...command, args: maxEvents === undefined ? args : [...args, ...limit] };
      },
    };
    const log = join(home, 'logs', 'temporal.log');
    const server = new RunningComponent(limited, log, new StackRecord(home), () => undefined);
    await server.start();
    const address = `127.0.0.1:${component.ports[0]?.port}`;
    const connections = await Promise.all([Connection.connect({ address }), NativeConnection.connect({ address })]);
    return new LimitedTemporal(home, cacheFolder, server, connections);
  }

  async stop(): Promise<void> {
    try {
      await Promise.all([this.client.connection.close(), this.#connection.close()]);
    } finally {
      await this.#server.stop();
      rmSync(this.#home, { recursive: true, force: true });
    }
  }

  /** Runs the workflows that ship, and these activities, for as long as `work` takes. */
  async working<T>(taskQueue: string, activities: object, work: () => Promise<T>): Promise<T> {
    const worker = await Worker.create({
      connection: this.#connection,
      namespace: 'default',
      taskQueue,
      activities,
      workflowBundle: await workflowBundle(this.#cacheFolder),
      shutdownGraceTime: '1 second',
    });
    return worker.runUntil(work);
  }

  /** The run of a workflow that there is now, which has just been started. */
  async firstRun(workflowId: string): Promise<string> {
    return (await this.client.workflow.getHandle(workflowId).describe()).runId;
  }

  /** What the UI shows of a workflow, in words. */
  async details(workflowId: string): Promise<string> {
    const handle = this.client.workflow.getHandle(workflowId);
    return (await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')).currentDetails ?? '';
  }

  /** The runs of a workflow so far, the first one first. */
  async runs(workflowId: string, firstRunId: string): Promise<Run[]> {
    const runs: Run[] = [];
    let next: string | undefined = firstRunId;
    while (next !== undefined && next !== '') {
      const run = await this.#run(workflowId, next);
      runs.push(run);
      next = run.next;
    }
    return runs;
  }

  async #run(workflowId: string, runId: string): Promise<Run & { readonly next: string | undefined }> {
    const handle = this.client.workflow.getHandle(workflowId, runId);
    const events = (await handle.fetchHistory()).events ?? [];
    const { historySize: sizeBytes = 0 } = await handle.describe();
    const activities = events.filter((event) => event.activityTaskScheduledEventAttributes).length;
    const commands = events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
    const next = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
    return { runId, events: events.length, sizeBytes, activities, commands, next };
  }
}
