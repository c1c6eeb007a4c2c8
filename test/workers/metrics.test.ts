import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Runtime } from '@temporalio/worker';
import { expect, it, onTestFinished, vi } from 'vitest';
import { metricsUrl } from '../../settings/metrics-settings.ts';
import { installRuntime } from '../../workers/metrics.ts';

it('lets a worker work whose address for metrics is taken, and says so', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const said: string[] = [];
  const stderr = vi.spyOn(console, 'error').mockImplementation((line: string) => void said.push(line));
  onTestFinished(async () => {
    stderr.mockRestore();
    taken.close();
    await Runtime.instance().shutdown();
  });
  const instruments = installRuntime('worker', { host: '127.0.0.1', port }, { shutdownSignals: [] });
  instruments.count('sluice_rows', 'Rows', 1, { table: 't' });
  expect(JSON.parse(said[0] ?? '{}')).toMatchObject({
    level: 'error',
    component: 'worker',
    message: expect.stringContaining(`http://127.0.0.1:${port}/metrics cannot be offered`) as string,
  });
});

it('gives each component an address of its own, on any kind of host', () => {
  expect(metricsUrl({ host: '127.0.0.1', port: 7401 }, 'worker')).toBe('http://127.0.0.1:7401/metrics');
  expect(metricsUrl({ host: '::1', port: 7401 }, 'background')).toBe('http://[::1]:7402/metrics');
});
