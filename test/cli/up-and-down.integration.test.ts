import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StatusReport } from '../../cli/status.ts';
import { freePorts } from '../../infra/ports.ts';
import { isRunning } from '../../infra/process-identity.ts';
import { type ProcessRecord, StackRecord } from '../../infra/stack-record.ts';
import { readSettings } from '../../settings/settings.ts';
import { waitFor } from '../wait-for.ts';
import { sluice } from './command.ts';

const PARTS = [
  'background',
  'collector',
  'dashboard',
  'kafka-1',
  'kafka-2',
  'kafka-3',
  'metastore',
  'temporal',
  'worker',
];
const STATE_LIMIT_MS = 60_000;

/** A home of its own, with ports of its own. */
class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'sluice-home-'));
  readonly record = new StackRecord(this.path);
  environment: Readonly<Record<string, string>> = {};

  async prepare(): Promise<this> {
    const ports = await freePorts();
    this.environment = {
      SLUICE_HOME: this.path,
      SLUICE_CACHE: readSettings().cacheFolder,
      SLUICE_PORT_TEMPORAL: String(ports.temporal),
      SLUICE_PORT_TEMPORAL_UI: String(ports.temporalUi),
      SLUICE_PORT_KAFKA: String(ports.kafka),
      SLUICE_PORT_KAFKA_CONTROLLER: String(ports.kafkaController),
      SLUICE_PORT_METASTORE: String(ports.metastore),
      SLUICE_PORT_DASHBOARD: String(ports.dashboard),
    };
    return this;
  }

  /** Every process that the stack has on record, its supervisor among them. */
  processes(): readonly ProcessRecord[] {
    return this.record.running();
  }

  async remove(): Promise<void> {
    await sluice(this.environment, ['down']);
    rmSync(this.path, { recursive: true, force: true });
  }
}

let home: Home;
let second: Home;

beforeAll(async () => {
  home = await new Home().prepare();
  second = await new Home().prepare();
});

afterAll(async () => {
  await Promise.all([home.remove(), second.remove()]);
});

it('finds this machine ready', async () => {
  const { exitCode, output } = await sluice(home.environment, ['doctor', '--json']);
  expect(JSON.parse(output)).toMatchObject({ ok: true, up: false });
  expect(exitCode).toBe(0);
});

it('names a busy port and the variable that moves it, and starts nothing', async () => {
  const port = Number(home.environment['SLUICE_PORT_METASTORE']);
  const holder = createServer().listen(port, '127.0.0.1');
  const { exitCode, output } = await sluice(home.environment, ['up']);
  await new Promise((resolve) => holder.close(resolve));
  expect(exitCode).toBe(1);
  expect(output).toContain(`port ${port} for metastore: something else listens there.`);
  expect(output).toContain('SLUICE_PORT_METASTORE');
  expect(home.processes()).toEqual([]);
});

it('stops what it has started when it is interrupted on the way', async () => {
  let seen: readonly ProcessRecord[] = [];
  const { exitCode } = await sluice(home.environment, ['up', '--foreground'], async (command) => {
    seen = await waitFor('a broker on record', STATE_LIMIT_MS, () =>
      Promise.resolve(home.processes().some(({ name }) => name === 'kafka-1') ? home.processes() : undefined),
    );
    command.kill('SIGINT');
  });
  expect(exitCode).toBe(130);
  expect(seen.filter(isRunning)).toEqual([]);
  expect(home.processes()).toEqual([]);
});

it('brings everything up, and shows it', async () => {
  const { exitCode, output } = await sluice(home.environment, ['up', '--simulate', '3']);
  expect({ exitCode, output }).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('Sluice is up') as string,
  });
  expect(namesOf(home)).toEqual([...PARTS, 'supervisor'].sort());
  const again = await sluice(home.environment, ['up']);
  expect(again).toMatchObject({ exitCode: 0, output: expect.stringContaining('up already') as string });
});

it('runs beside another one, and starts nothing that is given', async () => {
  const brokers = [0, 1, 2].map((node) => `127.0.0.1:${Number(home.environment['SLUICE_PORT_KAFKA']) + node}`);
  second.environment = { ...second.environment, KAFKA_BROKERS: brokers.join(',') };
  const { exitCode } = await sluice(second.environment, ['up', '--with', 'flume', '--simulate', '5', '--no-dashboard']);
  expect(exitCode).toBe(0);
  expect(namesOf(second)).toEqual(['background', 'flume', 'metastore', 'supervisor', 'temporal', 'worker']);
});

it('has a Flume agent’s records become rows', async () => {
  // The other stack's own collector makes three servers.
  const query = "select distinct host from server_health where host in ('sim-004', 'sim-005') order by host";
  await waitFor('rows that Flume has collected', STATE_LIMIT_MS, async () => {
    const { output } = await sluice(second.environment, ['sql', query]);
    return (output.includes('sim-004') && output.includes('sim-005')) || undefined;
  });
});

it('shows servers on the dashboard, of whoever reads the topic, that only Flume collects', async () => {
  const address = `http://127.0.0.1:${home.environment['SLUICE_PORT_DASHBOARD']}/api/v1/servers`;
  await waitFor('the dashboard to show them', STATE_LIMIT_MS, async () => {
    const shown = await fetch(address).then((answer) => answer.text());
    return (shown.includes('"sim-004"') && shown.includes('"sim-005"')) || undefined;
  });
});

it('runs one more worker until it is told to stop', async () => {
  const { exitCode, output } = await sluice(home.environment, ['worker', '--queues', 'parts'], async (command) => {
    let said = '';
    command.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    await waitFor('the worker to be ready', STATE_LIMIT_MS, () =>
      Promise.resolve(said.includes('"ready":true') || undefined),
    );
    command.kill('SIGTERM');
  });
  expect(output).toContain('"queues":["parts"]');
  expect(exitCode).toBe(0);
});

it('drains what Kafka held when asked, while more arrives', async () => {
  await sluice(home.environment, ['drain', 'server_health']);
  await waitFor('the drain to end', STATE_LIMIT_MS, async () => {
    const { output } = await sluice(home.environment, ['status', '--json']);
    const { tables } = JSON.parse(output) as StatusReport;
    return tables[0]?.ingest?.state === 'Paused' ? true : undefined;
  });
  const { exitCode } = await sluice(home.environment, ['resume', 'server_health']);
  expect(exitCode).toBe(0);
});

it('leaves nothing running soon after its supervisor was killed', async () => {
  const processes = second.processes();
  process.kill(processes.find(({ name }) => name === 'supervisor')?.pid ?? 0, 'SIGKILL');
  await waitFor('everything to be stopped', STATE_LIMIT_MS, () =>
    Promise.resolve(processes.some(isRunning) ? undefined : true),
  );
  const down = await sluice(second.environment, ['down']);
  expect(down).toMatchObject({ exitCode: 0, output: 'Nothing was running.\n' });
});

it('stops everything, and deletes the state when told to', async () => {
  const processes = home.processes();
  const { exitCode, output } = await sluice(home.environment, ['down', '--purge']);
  expect({ exitCode, output }).toMatchObject({ exitCode: 0, output: expect.stringContaining('Deleted') as string });
  expect(processes.filter(isRunning)).toEqual([]);
  expect(existsSync(home.path) ? readdirSync(home.path) : []).toEqual([]);
});

function namesOf({ record }: Home): readonly string[] {
  return record
    .running()
    .map(({ name }) => name)
    .sort();
}
