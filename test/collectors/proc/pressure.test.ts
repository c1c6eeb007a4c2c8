import { expect, test } from 'vitest';
import { parsePressure } from '../../../collectors/proc/pressure.ts';

test('some tasks stalled, over ten seconds', () => {
  const text = `some avg10=4.67 avg60=0.47 avg300=3.06 total=158070930
full avg10=1.00 avg60=0.00 avg300=0.00 total=0
`;
  expect(parsePressure(text)).toBe(4.67);
});

test('/proc/pressure/cpu of older kernels has but one line', () => {
  expect(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n')).toBe(0);
});

test.each(['', 'full avg10=1.00 avg60=0.00\n'])('no figure in %j', (text) => {
  expect(parsePressure(text)).toBeUndefined();
});
