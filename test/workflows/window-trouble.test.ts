import { describe, expect, it } from 'vitest';
import type { WindowProgress } from '../../activities/window.ts';
import { MAX_BATCHES_OF_OTHERS, MAX_CLOCK_DIFFERENCE_MS, troubleOf } from '../../workflows/window-trouble.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 5);
const WELL: WindowProgress = {
  batches: 60,
  rows: 6_000,
  rejected: 0,
  sequence: 60,
  version: 61,
  hiveVersion: 61,
  remaining: '0',
  drained: false,
  nextOffsets: {},
  publicationFailure: null,
  unknownFields: {},
  byOthers: 0,
  clock: { aheadAtMostMs: 20, endedAtMs: NOW_MS - 20 },
};

describe('the trouble with a window that went well', () => {
  it('is none, also where the window says nothing of others and of its clock', () => {
    expect(troubleOf(WELL, NOW_MS)).toBeUndefined();
    const older = Object.fromEntries(Object.entries(WELL).filter(([key]) => key !== 'byOthers' && key !== 'clock'));
    expect(troubleOf(older as unknown as WindowProgress, NOW_MS)).toBeUndefined();
  });

  it('is that Hive lags behind, and why', () => {
    expect(troubleOf({ ...WELL, publicationFailure: 'It is away.' }, NOW_MS)).toMatch(/Hive lags behind. It is away./);
  });

  it('is another writer once it has made more batches than a zombie could', () => {
    expect(troubleOf({ ...WELL, byOthers: MAX_BATCHES_OF_OTHERS }, NOW_MS)).toBeUndefined();
    expect(troubleOf({ ...WELL, byOthers: MAX_BATCHES_OF_OTHERS + 1 }, NOW_MS)).toMatch(/others committed 4 batches/);
  });

  it('is a clock that is ahead for certain', () => {
    const endingAt = (aheadMs: number): WindowProgress => ({
      ...WELL,
      clock: { aheadAtMostMs: aheadMs, endedAtMs: NOW_MS + aheadMs },
    });
    expect(troubleOf(endingAt(MAX_CLOCK_DIFFERENCE_MS), NOW_MS)).toBeUndefined();
    expect(troubleOf(endingAt(MAX_CLOCK_DIFFERENCE_MS + 1), NOW_MS)).toMatch(/1 minutes ahead of/);
  });

  it('is a clock that is behind for certain', () => {
    const beginningAt = (aheadMs: number): WindowProgress => ({
      ...WELL,
      clock: { aheadAtMostMs: aheadMs, endedAtMs: NOW_MS + aheadMs },
    });
    expect(troubleOf(beginningAt(-MAX_CLOCK_DIFFERENCE_MS), NOW_MS)).toBeUndefined();
    expect(troubleOf(beginningAt(-6 * 3_600_000), NOW_MS)).toMatch(/360 minutes behind/);
  });

  it('is no clock where window or answer merely waited for hours', () => {
    const waited = { aheadAtMostMs: 8 * 3_600_000, endedAtMs: NOW_MS - 8 * 3_600_000 };
    expect(troubleOf({ ...WELL, clock: waited }, NOW_MS)).toBeUndefined();
  });
});
