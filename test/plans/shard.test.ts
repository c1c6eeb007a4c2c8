import { describe, expect, it } from 'vitest';
import type { BatchManifest, BatchPlan, PlannedRange } from '../../plans/batch.ts';
import { planOfShard, shardCount, together } from '../../plans/shard.ts';

const plan = (shards: number, ...ranges: PlannedRange[]): BatchPlan => ({
  format: 1,
  sequence: 1,
  revision: 0,
  plannedAtMs: 1,
  topic: 't',
  topicId: 'id',
  ranges,
  nextOffsets: {},
  engine: 'duckdb',
  definitionHash: 'hash',
  shards,
});
const range = (partition: number, start: number, end: number): PlannedRange => ({
  partition,
  startOffset: String(start),
  endOffset: String(end),
});

describe('planOfShard', () => {
  it('gives each part an equal share, through partitions and across them', () => {
    const whole = plan(3, range(0, 100, 104), range(2, 7, 12));
    expect([0, 1, 2].map((shard) => planOfShard(whole, shard).ranges)).toEqual([
      [range(0, 100, 103)],
      [range(0, 103, 104), range(2, 7, 9)],
      [range(2, 9, 12)],
    ]);
  });

  it.each([1, 2, 3, 7, 64])('leaves out no offset and takes none twice, in %i parts', (shards) => {
    const whole = plan(shards, range(0, 0, 5), range(1, 10, 10), range(5, 1000, 1031));
    const seen: string[] = [];
    for (let shard = 0; shard < shardCount(whole); shard += 1) {
      for (const { partition, startOffset, endOffset } of planOfShard(whole, shard).ranges) {
        for (let offset = Number(startOffset); offset < Number(endOffset); offset += 1) {
          seen.push(`${partition}/${offset}`);
        }
      }
    }
    expect(seen).toHaveLength(36);
    expect(new Set(seen).size).toBe(36);
  });

  it('divides offsets beyond what a double holds exactly', () => {
    const big = 2n ** 60n;
    const whole = plan(2, { partition: 0, startOffset: String(big), endOffset: String(big + 3n) });
    expect(planOfShard(whole, 1).ranges).toEqual([
      { partition: 0, startOffset: String(big + 1n), endOffset: String(big + 3n) },
    ]);
  });

  it('is the whole plan where there is one part', () => {
    const whole = plan(1, range(0, 1, 5));
    expect(planOfShard(whole, 0)).toEqual(whole);
  });
});

describe('together', () => {
  it('sums up what the parts became', () => {
    const file = (path: string): BatchManifest['files'][number] => ({
      path,
      partitionValues: {},
      sizeBytes: 1,
      rows: 1,
      stats: '{}',
    });
    const part = (shard: number, unknownFields: Record<string, number>): BatchManifest => ({
      format: 1,
      sequence: 1,
      revision: 0,
      shard,
      attempt: 'a',
      rows: 1,
      files: [file(`f${shard}`)],
      rejectedRows: 2,
      rejectedFiles: [file(`r${shard}`)],
      unknownFields,
      fetchedBytes: 100 + shard,
    });
    expect(together([part(0, { x: 1 }), part(1, { x: 2, y: 5 })])).toEqual({
      rows: 2,
      files: [file('f0'), file('f1')],
      rejectedRows: 4,
      rejectedFiles: [file('r0'), file('r1')],
      unknownFields: { x: 3, y: 5 },
      fetchedBytes: 201,
    });
    const { fetchedBytes, ...older } = part(1, {});
    expect(fetchedBytes).toBe(101);
    expect(together([part(0, {}), older])).not.toHaveProperty('fetchedBytes');
  });
});
