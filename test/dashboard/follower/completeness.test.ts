import { describe, expect, it } from 'vitest';
import { Completeness } from '../../../dashboard/follower/completeness.ts';

const ends = (...offsets: number[]): Map<number, bigint> =>
  new Map(offsets.map((offset, partition) => [partition, BigInt(offset)]));

describe('Completeness', () => {
  it('goes by a partition’s newest row while more waits in Kafka', () => {
    const completeness = new Completeness();
    completeness.sawRow(0, 1000);
    completeness.sawEnds(5000, ends(10), ends(9));
    expect(completeness.of(0)).toBe(1000);
  });

  it('goes by the clock once all that Kafka held is committed', () => {
    const completeness = new Completeness();
    completeness.sawRow(0, 1000);
    completeness.sawEnds(5000, ends(10), ends(10));
    expect(completeness.of(0)).toBe(5000);
  });

  it('never goes back', () => {
    const completeness = new Completeness();
    completeness.sawRow(0, 2000);
    completeness.sawRow(0, 1000);
    expect(completeness.of(0)).toBe(2000);
  });

  it('names the partition that is furthest behind, and leaves out those that never had a row', () => {
    const completeness = new Completeness();
    completeness.sawRow(0, 3000);
    completeness.sawRow(1, 2000);
    completeness.sawEnds(9000, ends(5, 5, 0), ends(5, 4, 0));
    expect(completeness.worst).toEqual({ partition: 1, toMs: 2000 });
    expect(completeness.of(2)).toBeUndefined();
  });
});
