import { describe, expect, it } from 'vitest';
import { MAX_CALLERS, RateLimit } from '../../../dashboard/access/rate-limit.ts';

describe('RateLimit', () => {
  it('lets a minute’s number pass, and says when the next one may', () => {
    let nowMs = 0;
    const limit = new RateLimit(3, () => nowMs);
    for (let call = 0; call < 3; call += 1) {
      expect(limit.waitMs('a')).toBe(0);
      limit.take('a');
    }
    expect(limit.waitMs('a')).toBe(20_000);
    expect(limit.waitMs('b')).toBe(0);
    nowMs = 19_999;
    expect(limit.waitMs('a')).toBeGreaterThan(0);
    nowMs = 20_000;
    expect(limit.waitMs('a')).toBe(0);
  });

  it('saves up no more than one minute’s number', () => {
    let nowMs = 0;
    const limit = new RateLimit(2, () => nowMs);
    limit.take('a');
    nowMs = 3_600_000;
    limit.take('a');
    limit.take('a');
    expect(limit.waitMs('a')).toBe(30_000);
  });

  it('forgets the caller that was seen first, where there are too many', () => {
    const limit = new RateLimit(1, () => 0);
    for (let caller = 0; caller <= MAX_CALLERS; caller += 1) limit.take(String(caller));
    expect(limit.waitMs('0')).toBe(0);
    expect(limit.waitMs('1')).toBeGreaterThan(0);
  });
});
