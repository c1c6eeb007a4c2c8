import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

function print(...args: string[]) {
  return spawn(process.execPath, ['collectors/main.ts', '--stdout', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('records are printed, one JSON object a line, until nobody reads any more', async () => {
  const collector = print('--simulate', '3', '--interval', '100ms');
  const ended = once(collector, 'exit');
  const hosts: unknown[] = [];
  for await (const line of createInterface(collector.stdout)) {
    const { host, event_time } = JSON.parse(line) as { host: unknown; event_time: string };
    expect(new Date(event_time).toISOString()).toBe(event_time);
    hosts.push(host);
    if (hosts.length === 20) break;
  }
  collector.stdout.destroy();
  expect(new Set(hosts)).toEqual(new Set([hostname(), 'sim-001', 'sim-002', 'sim-003']));
  expect(await ended).toEqual([0, null]);
});

test('ends when it is told to', async () => {
  const collector = print();
  const ended = once(collector, 'exit');
  await once(collector.stdout, 'data');
  collector.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('what goes wrong is no record', async () => {
  const collector = print('--topic', 't');
  const ended = once(collector, 'exit');
  const [output, errors] = await Promise.all([text(collector.stdout), text(collector.stderr)]);
  expect(await ended).toEqual([2, null]);
  expect(output).toBe('');
  expect(errors).toContain('--topic');
});
