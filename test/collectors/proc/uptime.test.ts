import { expect, test } from 'vitest';
import { parseUptime } from '../../../collectors/proc/uptime.ts';

test('whole seconds since boot', () => {
  expect(parseUptime('1188.96 1791.96\n')).toBe(1188);
  expect(parseUptime('0.00 0.00\n')).toBe(0);
});

test.each(['', 'soon\n'])('no figure in %j', (text) => {
  expect(parseUptime(text)).toBeUndefined();
});
