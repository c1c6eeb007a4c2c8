import { expect, test } from 'vitest';
import {
  DEFAULT_INTERVAL_MS,
  DEFAULT_SPOOL_MAX_BYTES,
  MAX_SIMULATED_SERVERS,
  readArguments,
} from '../../collectors/arguments.ts';
import { SluiceError } from '../../errors/sluice-error.ts';

test('defaults', () => {
  expect(readArguments([])).toEqual({
    help: false,
    topic: 'server-health',
    simulate: 0,
    intervalMs: DEFAULT_INTERVAL_MS,
    spoolMaxBytes: DEFAULT_SPOOL_MAX_BYTES,
    stdout: false,
  });
  expect([DEFAULT_INTERVAL_MS, DEFAULT_SPOOL_MAX_BYTES]).toEqual([1000, 268_435_456]);
});

test('every option', () => {
  const args = '--topic t.1 --simulate 200 --interval 500ms --spool-max-bytes 64MiB --help';
  expect(readArguments(args.split(' '))).toEqual({
    ...{ help: true, topic: 't.1', simulate: 200, intervalMs: 500, spoolMaxBytes: 67_108_864 },
    stdout: false,
  });
  expect(readArguments(['--stdout', '--simulate', '5'])).toMatchObject({ stdout: true, simulate: 5 });
});

test.each([
  '--nonsense',
  'something',
  '--simulate -1',
  '--simulate 1.5',
  '--simulate many',
  `--simulate ${MAX_SIMULATED_SERVERS + 1}`,
  '--interval 1',
  '--interval 50ms',
  '--interval 61m',
  '--interval 1h',
  '--spool-max-bytes 1KiB',
  '--spool-max-bytes 1MB',
  '--spool-max-bytes lots',
  '--topic ..',
  '--topic a/b',
  '--stdout --topic t',
  '--stdout --spool-max-bytes 64MiB',
])('%s is refused, with what to do', (args) => {
  const read = () => readArguments(args.split(' '));
  expect(read).toThrow(SluiceError);
  expect(read).toThrow(expect.objectContaining({ code: 'USAGE', remedy: 'See --help.' }));
});
