import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { temporalServer } from '../../infra/temporal-server.ts';
import { freePort } from '../lake/hive/metastore-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';
import { fakeTime } from './fake-time.ts';
import type { TableUnderLoad } from './table-under-load.ts';

const HOURS_OFF = 6;

/** Each ends with the table right and the operator told: by the workflow's state and reason, or by an audit's findings. */
export function testLosses(table: () => TableUnderLoad): void {
  describe('loss of what orchestrates', () => {
    it('Temporal’s database deleted while all runs: the worker has it start again, and says so', async () =>
      loseTemporal(table()));
    it('a second deployment on the same table by mistake: right, and both say that there is another', async () =>
      runSecondDeployment(table()));
    it.each([HOURS_OFF, -HOURS_OFF])('a worker whose clock is %i hours off: right, and it says so', async (hours) =>
      runWithClockOff(table(), hours),
    );
    it('an older backup of the metastore: an audit finds it, and the next worker publishes anew', async () =>
      restoreMetastore(table()));
  });
}

async function loseTemporal(table: TableUnderLoad): Promise<void> {
  const { stack, settings } = table.test;
  await table.run('worker');
  await table.recovered();
  const folder = join(settings.home, 'temporal');
  stack.component('temporal').kill('SIGKILL');
  // Before this function gives way, so before the stack can start it again.
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  const { state } = await table.told('Temporal no longer knew of this table');
  expect(state).toBe('Running');
  await table.judge();
}

async function runSecondDeployment(table: TableUnderLoad): Promise<void> {
  const first = await table.run('worker');
  const home = temporaryFolder();
  const ports = { ...table.test.settings.ports, temporal: await freePort(), temporalUi: await freePort() };
  const server = temporalServer({ ...table.test.settings, home, ports });
  await server.prepare?.(() => undefined);
  const log = join(home, 'temporal.log');
  const temporal = new RunningComponent(server, log, new StackRecord(home), () => undefined);
  await temporal.start();
  try {
    const second = await table.run('worker', { TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}` });
    await table.recovered();
    await table.grown(20);
    // A window that ends says what it has seen.
    await first.stop();
    await table.run('worker');
    const { state } = await table.told('something else ingests this table too');
    expect(state).toBe('Degraded');
    await table.judge();
    await second.stop();
  } finally {
    await temporal.stop();
  }
}

async function runWithClockOff(table: TableUnderLoad, hours: number): Promise<void> {
  const worker = await table.run('worker', fakeTime(table.test.settings.cacheFolder, hours));
  await table.recovered();
  await worker.stop();
  await table.run('worker');
  const { state } = await table.told(`${HOURS_OFF * 60} minutes ${hours > 0 ? 'ahead of' : 'behind'} Temporal's`);
  expect(state).toBe('Degraded');
  await table.judge();
}

async function restoreMetastore(table: TableUnderLoad): Promise<void> {
  const { stack, settings } = table.test;
  const worker = await table.run('worker');
  await table.recovered();
  await table.shown();
  const folder = join(settings.home, 'metastore', 'database');
  const backup = join(temporaryFolder(), 'database');
  // As a snapshot of its disk is: everything at one moment.
  stack.component('metastore').kill('SIGSTOP');
  cpSync(folder, backup, { recursive: true });
  stack.component('metastore').kill('SIGCONT');
  await table.run('background');
  await table.compacted();
  const report = await table.judge();
  await table.load.stop();
  await worker.stop();
  stack.component('metastore').kill('SIGKILL');
  rmSync(folder, { recursive: true });
  cpSync(backup, folder, { recursive: true });
  const found = await waitFor('an audit to find that Hive has fallen back', 60_000, async () => {
    const { counts, checks, version } = await table.audit(true);
    expect(version).toBeGreaterThanOrEqual(report.version);
    return checks.every(({ done }) => done) ? counts : undefined;
  });
  expect(found.hive_partition_misplaced).toBeGreaterThan(0);
  table.load.start();
  await table.run('worker');
  await table.judge();
}
