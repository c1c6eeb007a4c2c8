import { describe, expect, it } from 'vitest';
import {
  brief,
  bytes,
  bytesPerSecond,
  count,
  duration,
  latency,
  many,
  percent,
  rowsPerSecond,
} from '../../dashboard/quantities.ts';

/** With plain spaces, as they are easier to read here. */
const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('duration', () => {
  it.each([
    [-50, '0.0 s'],
    [1234, '1.2 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [99_400, '99 s'],
    [99_600, '2 min'],
    [3_600_000, '60 min'],
    [99.4 * 60_000, '99 min'],
    [125 * 60_000, '2 h 5 min'],
    [3 * 3_600_000, '3 h'],
    [24 * 3_600_000 - 1, '1 d'],
    [26 * 3_600_000, '1 d 2 h'],
    [12 * 86_400_000 + 7_200_000, '12 d'],
  ])('says %d ms as %s', (ms, text) => {
    expect(plain(duration(ms))).toBe(text);
  });

  it('leaves tenths out where they would only flicker', () => {
    expect(plain(duration(1234, 'whole'))).toBe('1 s');
  });
});

it.each([
  [latency(79.6), '80 ms'],
  [latency(994), '994 ms'],
  [latency(996), '1.0 s'],
  [count(0), '0'],
  [count(9_999.7), '10 000'],
  [count(12_400), '12.4 k'],
  [count(124_000), '124 k'],
  [count(999_600), '1 M'],
  [count(1_240_000), '1.2 M'],
  [bytes(1023), '1023 B'],
  [bytes(1023.9), '1 KiB'],
  [bytes(38 * 1024 ** 3), '38 GiB'],
  [bytes(1.5 * 1024 ** 4), '1.5 TiB'],
  [bytesPerSecond(12_000_000), '12 MB/s'],
  [rowsPerSecond(0), '0 rows/s'],
  [rowsPerSecond(4.56), '4.6 rows/s'],
  [rowsPerSecond(12_400), '12.4 k rows/s'],
  [percent(0), '0 %'],
  [percent(7.34), '7.3 %'],
  [percent(42.4), '42 %'],
  [many(1, 'server'), '1 server'],
  [many(5_000, 'server'), '5 000 servers'],
])('rounds sensibly and names the unit: %s', (said, wanted) => {
  expect(plain(said)).toBe(wanted);
});

it.each([
  [0, '0'],
  [999, '999'],
  [2_412, '2.4k'],
  [17_340, '17k'],
  [716_000, '716k'],
  [1_234_000, '1.2M'],
])('says %d in brief as %s', (value, text) => {
  expect(brief(value)).toBe(text);
});
