import { expect, it } from 'vitest';
import { SluiceError } from '../../errors/sluice-error.ts';
import { queuesOfArguments, selectQueues } from '../../settings/worker-queues.ts';

it.each([
  ['ingest', 'worker', ['ingest', 'parts']],
  ['parts', 'worker', ['parts']],
  ['ingest,parts', 'worker', ['ingest', 'parts']],
  ['background, audit', 'background', ['background', 'audit']],
  ['audit', 'background', ['audit']],
])('%s is taken by one process', (text, process, queues) => {
  expect(selectQueues(text)).toEqual({ process, queues: new Set(queues) });
});

it.each(['', 'ingest,', 'everything', 'parts,background', 'ingest,audit'])(
  '"%s" is refused, with what to do',
  (text) => {
    expect(() => selectQueues(text)).toThrow(SluiceError);
    expect(() => selectQueues(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', remedy: expect.stringMatching(/worker/) as string }),
    );
  },
);

it('a process that is told nothing takes all that is its own', () => {
  expect(queuesOfArguments('worker', [])).toEqual(new Set(['ingest', 'parts']));
  expect(queuesOfArguments('background', [])).toEqual(new Set(['background', 'audit']));
  expect(queuesOfArguments('worker', ['--queues', 'parts'])).toEqual(new Set(['parts']));
});

it.each([['--queues'], ['--queues', 'audit'], ['parts']])(
  'a process refuses what it does not take: %s %s',
  (...args) => {
    expect(() => queuesOfArguments('worker', args)).toThrow(SluiceError);
  },
);
