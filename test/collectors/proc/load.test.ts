import { expect, test } from 'vitest';
import { parseLoad } from '../../../collectors/proc/load.ts';

test('averages and the number of tasks', () => {
  expect(parseLoad('0.19 12.30 100.50 3/1187 11290\n')).toEqual({
    load_1: 0.19,
    load_5: 12.3,
    load_15: 100.5,
    tasks: 1187,
  });
});

test.each(['', '0.19 0.30\n', 'a b c 1/2 3\n'])('no figures in %j', (text) => {
  expect(parseLoad(text)).toBeUndefined();
});
