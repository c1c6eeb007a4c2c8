import { expect, it, vi } from 'vitest';
import { temporalLogger } from '../../workers/temporal-log.ts';

it('tells of what Temporal’s SDK warns of in lines of JSON, and of nothing less', () => {
  const [out, err] = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
  for (const spy of [out, err]) spy.mockImplementation(() => undefined);
  const logger = temporalLogger('worker');
  logger.info('Worker state changed', { state: 'RUNNING' });
  logger.warn('Activity failed', {
    attempt: 2,
    taskToken: 'x',
    error: new Error('a line\nand another'),
    isLocal: false,
  });
  logger.error('Worker failed');
  const lines = [out, err].map((spy) => spy.mock.calls.map(([line]) => JSON.parse(String(line)) as object));
  vi.restoreAllMocks();
  expect(lines).toMatchObject([
    [{ level: 'info', component: 'worker', message: 'Activity failed', attempt: 2, error: 'a line\nand another' }],
    [{ level: 'error', component: 'worker', message: 'Worker failed' }],
  ]);
  expect(Object.keys(lines[0]?.[0] ?? {})).not.toContain('taskToken');
});
