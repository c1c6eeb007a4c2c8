import { describe, expect, it } from 'vitest';
import { bucketOf, delayed, Freshness, latencyOf, SLOT_MS } from '../../../dashboard/follower/freshness.ts';

const counts = (...latencies: number[]): Map<number, number> => {
  const found = new Map<number, number>();
  for (const latencyMs of latencies) found.set(bucketOf(latencyMs), (found.get(bucketOf(latencyMs)) ?? 0) + 1);
  return found;
};

describe('Freshness', () => {
  it('has the median and the 99th percentile to within 2 %', () => {
    const freshness = new Freshness();
    freshness.add(10_000, counts(...Array.from({ length: 1000 }, (_, index) => index + 1)));
    const { p50Ms, p99Ms } = freshness.since(0);
    expect(p50Ms).toBeGreaterThan(490);
    expect(p50Ms).toBeLessThan(510);
    expect(p99Ms).toBeGreaterThan(970);
    expect(p99Ms).toBeLessThan(1010);
  });

  it('leaves out what is older than asked for, and says nothing where nothing is left', () => {
    const freshness = new Freshness();
    freshness.add(0, counts(5000));
    freshness.add(10 * SLOT_MS, counts(100));
    expect(freshness.since(5 * SLOT_MS).p99Ms).toBeLessThan(110);
    expect(freshness.since(20 * SLOT_MS)).toEqual({ p50Ms: null, p99Ms: null });
    freshness.forgetBefore(5 * SLOT_MS);
    expect(freshness.since(0).p99Ms).toBeLessThan(110);
  });

  it('takes a row from a clock ahead as one that took no time', () => {
    const freshness = new Freshness();
    freshness.add(0, counts(-4000));
    expect(freshness.since(0).p50Ms).toBe(1);
  });
});

it('delays rows by what came after', () => {
  const [found] = [...delayed(counts(300, 300), 500)];
  const [bucket, rows] = found ?? [0, 0];
  expect(rows).toBe(2);
  expect(latencyOf(bucket)).toBeGreaterThan(780);
  expect(latencyOf(bucket)).toBeLessThan(820);
});
