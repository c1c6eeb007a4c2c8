import { describe, expect, it } from 'vitest';
import { CpuRing } from '../../../dashboard/follower/cpu-ring.ts';

const START = 1_800_000_000_000 - (1_800_000_000_000 % CpuRing.bucketMs);
const at = (bucket: number): number => START + bucket * CpuRing.bucketMs;

describe('CpuRing', () => {
  it('means each bucket, oldest first, and says nothing where there was no row', () => {
    const ring = new CpuRing();
    ring.add(at(0), 10);
    ring.add(at(0) + 1000, 20);
    ring.add(at(2), 50);
    ring.add(at(2), null);
    const line = ring.until(at(2));
    expect(line).toHaveLength(CpuRing.buckets);
    expect(line.slice(-3)).toEqual([15, null, 50]);
  });

  it('forgets what is older than its buckets', () => {
    const ring = new CpuRing();
    ring.add(at(0), 10);
    ring.add(at(CpuRing.buckets), 20);
    ring.add(at(0), 90);
    expect(ring.until(at(CpuRing.buckets))).toEqual([...new Array<null>(CpuRing.buckets - 1).fill(null), 20]);
  });

  it('takes a whole bucket’s mean from elsewhere', () => {
    const ring = new CpuRing();
    ring.add(at(1), 90);
    ring.fill(at(0), 42);
    ring.fill(at(1), 43);
    expect(ring.until(at(1)).slice(-2)).toEqual([42, 43]);
  });
});
