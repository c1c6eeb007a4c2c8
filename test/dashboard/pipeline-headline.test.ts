import { expect, it } from 'vitest';
import { pipelineHeadline } from '../../dashboard/pipeline-headline.ts';
import type { TableState } from '../../dashboard/table-condition.ts';

const say = (...states: TableState[]): string =>
  pipelineHeadline(states.map((state, index) => ({ table: `t${index}`, state })));

it.each<[string, TableState[]]>([
  ['No table is defined.', []],
  ['The one table is healthy.', ['Healthy']],
  ['All 2 tables are healthy.', ['Healthy', 'Healthy']],
  ['t0 is paused.', ['Paused']],
  ['t2 is stopped, t1 is catching up, 1 is healthy.', ['Healthy', 'Catching up', 'Stopped']],
  [
    't0 is degraded, t1 is degraded, t2 is degraded, 1 more needs a look.',
    ['Degraded', 'Degraded', 'Degraded', 'Paused'],
  ],
])('says %s', (sentence, states) => {
  expect(say(...states)).toBe(sentence);
});
