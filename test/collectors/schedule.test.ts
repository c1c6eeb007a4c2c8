import { expect, test, vi } from 'vitest';
import { everySlot, nextSlot, slotOf, SLOTS_PER_INTERVAL } from '../../collectors/schedule.ts';

test('hosts are spread evenly over the slots', () => {
  const slots = Array.from({ length: 200 }, (_, index) => slotOf(index, 200));
  const sizes = Array.from({ length: SLOTS_PER_INTERVAL }, (_, slot) => slots.filter((own) => own === slot).length);
  expect(sizes).toEqual(sizes.map(() => 200 / SLOTS_PER_INTERVAL));
  expect(slotOf(0, 1)).toBe(0);
});

test('slots that passed while the process was held up are left out, not caught up', () => {
  expect(nextSlot(4, 0, 100, 405)).toBe(5);
  expect(nextSlot(4, 0, 100, 1234)).toBe(13);
  expect(nextSlot(4, 0, 100, 399)).toBe(5);
});

test('every slot comes in turn, at its moment, until it is stopped', () => {
  vi.useFakeTimers();
  try {
    const slots: number[] = [];
    const stop = everySlot(1000, (slot) => slots.push(slot));
    vi.advanceTimersByTime(1999);
    stop();
    vi.advanceTimersByTime(5000);
    const once = Array.from({ length: SLOTS_PER_INTERVAL }, (_, slot) => slot);
    expect(slots).toEqual([...once, ...once]);
  } finally {
    vi.useRealTimers();
  }
});
