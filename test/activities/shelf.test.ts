import { expect, it } from 'vitest';
import { Shelf, SHELF_KEEP_MS } from '../../activities/shelf.ts';
import { type Clock, SYSTEM_CLOCK } from '../../clock/clock.ts';

/** A clock whose times are set; nobody sleeps by it. */
function setClock(): { wallMs: number; monotonicMs: number; clock: Clock } {
  const times = { wallMs: 1_000_000, monotonicMs: 0 };
  const clock = { ...SYSTEM_CLOCK, nowMs: () => times.wallMs, elapsedMs: () => times.monotonicMs };
  return Object.assign(times, { clock });
}

it('gives a thing to one user at a time', () => {
  const shelf = new Shelf<string>(SYSTEM_CLOCK);
  expect(shelf.take('a')).toBeUndefined();
  shelf.put('a', 'log of a');
  shelf.put('b', 'log of b');
  expect(shelf.take('a')).toBe('log of a');
  expect(shelf.take('a')).toBeUndefined();
  expect(shelf.take('b')).toBe('log of b');
});

it.each([
  ['by the time that has passed', 0, SHELF_KEEP_MS],
  ['by the time of day alone, as after a sleep of the machine', SHELF_KEEP_MS, 0],
  ['where the time of day was put back', -SHELF_KEEP_MS, 0],
])('keeps nothing that is too old %s', (_, wallMs, monotonicMs) => {
  const times = setClock();
  const shelf = new Shelf<string>(times.clock);
  shelf.put('a', 'log of a');
  times.wallMs += wallMs;
  times.monotonicMs += monotonicMs;
  expect(shelf.take('a')).toBeUndefined();
});
