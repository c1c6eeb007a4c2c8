import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Component } from '../../infra/component.ts';
import {
  FIRST_RESTART_DELAY_MS,
  HEALTHY_AFTER_MS,
  LONGEST_RESTART_DELAY_MS,
  nextRestartDelayMs,
  RunningComponent,
} from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

function running(script: string, limits: Partial<Pick<Component, 'startLimitMs' | 'stopLimitMs'>> = {}) {
  const home = temporaryFolder();
  const lines: string[] = [];
  const component: Component = {
    name: 'service',
    needs: [],
    ports: [],
    command: () => ({ file: 'sh', args: ['-c', script] }),
    isReady: (logTail) => Promise.resolve(logTail.includes('ready')),
    startLimitMs: 10_000,
    stopLimitMs: 10_000,
    ...limits,
  };
  const record = new StackRecord(home);
  const log = join(home, 'logs', 'service.log');
  return { record, lines, service: new RunningComponent(component, log, record, (line) => void lines.push(line)) };
}

it('is ready when it says so, is on record while it runs, and is gone when stopped', async () => {
  const { service, record } = running('echo ready; exec sleep 600');
  await service.start();
  expect(record.running().map(({ name, pid }) => ({ name, pid }))).toEqual([{ name: 'service', pid: service.pid }]);
  await service.stop();
  expect(record.all()).toEqual([]);
});

it('fails with the end of its log and where the rest is, when it ends before it is ready', async () => {
  const { service } = running('echo "no room at the inn"; exit 3');
  await expect(service.start()).rejects.toThrow(
    /service did not start: it ended \(exit code 3\)\.\nno room at the inn/,
  );
  await service.stop();
});

it('fails when it says nothing within its limit', async () => {
  const { service } = running('exec sleep 600', { startLimitMs: 300 });
  await expect(service.start()).rejects.toThrow('no answer after 0.3 s');
  await service.stop();
});

it('fails when there is no such program', async () => {
  const { service } = running('');
  const missing = { ...service.component, command: () => ({ file: 'no-such-program', args: [] }) };
  const started = new RunningComponent(missing, service.logPath, new StackRecord(temporaryFolder()), () => undefined);
  await expect(started.start()).rejects.toThrow(/no-such-program could not be run/);
});

it('is started again when it dies, and says so', async () => {
  const { service, lines } = running('echo ready; exec sleep 600');
  await service.start();
  const first = service.pid;
  service.kill('SIGKILL');
  await waitFor('another process', 10_000, () => Promise.resolve(lines.find((line) => line.includes('ready again'))));
  expect(service.pid).not.toBe(first);
  await service.stop();
});

it('is killed, with all that it started, when it does not end within its limit', async () => {
  const { service, record, lines } = running("trap '' TERM; sleep 600 & echo ready; wait; wait", { stopLimitMs: 200 });
  await service.start();
  await service.stop();
  expect(lines.at(-1)).toContain('killed');
  expect(record.running()).toEqual([]);
});

it('waits twice as long before each start that follows soon, up to a limit, and forgets that after a healthy run', () => {
  let delayMs: number | undefined;
  const delays = Array.from({ length: 9 }, () => (delayMs = nextRestartDelayMs(delayMs, 1_000)));
  expect(delays.slice(0, 3)).toEqual([FIRST_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2, FIRST_RESTART_DELAY_MS * 4]);
  expect(delays.at(-1)).toBe(LONGEST_RESTART_DELAY_MS);
  expect(nextRestartDelayMs(LONGEST_RESTART_DELAY_MS, HEALTHY_AFTER_MS + 1)).toBe(FIRST_RESTART_DELAY_MS);
});
