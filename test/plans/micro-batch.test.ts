import { describe, expect, it } from 'vitest';
import { DEFINITION_DEFAULTS } from '../../definition/parse.ts';
import {
  ASSUMED_RECORD_SIZE_BYTES,
  type MicroBatchInput,
  planInShards,
  planMicroBatch,
  recordSizeOf,
} from '../../plans/micro-batch.ts';

const input = (change: Partial<MicroBatchInput> = {}): MicroBatchInput => ({
  table: 'server_health',
  committed: new Map([
    [0, 100n],
    [1, 50n],
  ]),
  available: new Map([
    [0, { earliest: 0n, lastStable: 110n }],
    [1, { earliest: 0n, lastStable: 50n }],
  ]),
  limits: { maxRows: 1000, maxBytes: 1_000_000 },
  recordSizeBytes: 100,
  ...change,
});

describe('planMicroBatch', () => {
  it('goes from where the log stands to the last stable offset', () => {
    expect(planMicroBatch(input())).toEqual({
      ranges: [{ partition: 0, startOffset: '100', endOffset: '110' }],
      nextOffsets: { 0: '110', 1: '50' },
      remaining: 0n,
    });
  });

  it('shares maxRows between the partitions, and what one does not need goes to the others', () => {
    const available = new Map([
      [0, { earliest: 0n, lastStable: 1_000_000n }],
      [1, { earliest: 0n, lastStable: 60n }],
    ]);
    const batch = planMicroBatch(input({ available }));
    expect(batch.ranges).toEqual([
      { partition: 0, startOffset: '100', endOffset: '1090' },
      { partition: 1, startOffset: '50', endOffset: '60' },
    ]);
    expect(batch.remaining).toBe(1_000_000n - 1090n);
  });

  it('leaves a tenth of maxBytes for what recent records do not tell of the next ones', () => {
    const available = new Map([[0, { earliest: 0n, lastStable: 1_000_000n }]]);
    const batch = planMicroBatch(input({ available, limits: { maxRows: 1000, maxBytes: 5_000 } }));
    expect(batch.nextOffsets[0]).toBe('145');
  });

  it('assumes large records while none has been seen', () => {
    const available = new Map([[0, { earliest: 0n, lastStable: 1_000_000n }]]);
    const limits = { maxRows: 1000, maxBytes: 10 * ASSUMED_RECORD_SIZE_BYTES };
    expect(planMicroBatch(input({ available, limits, recordSizeBytes: undefined })).nextOffsets[0]).toBe('109');
  });

  it('learns the size of records from what the batch before was sealed as', () => {
    const seal = { rows: 90, rejectedRows: 10, files: [], rejectedFiles: [], unknownFields: {} };
    expect(recordSizeOf({ ...seal, fetchedBytes: 16_801 })).toBe(169);
    expect(recordSizeOf(seal)).toBeUndefined();
    expect(recordSizeOf({ ...seal, rows: 0, rejectedRows: 0, fetchedBytes: 0 })).toBeUndefined();
    expect(recordSizeOf(undefined)).toBeUndefined();
  });

  it('takes at least one record, however large', () => {
    const batch = planMicroBatch(input({ limits: { maxRows: 1000, maxBytes: 10 }, recordSizeBytes: 1000 }));
    expect(batch.nextOffsets[0]).toBe('101');
  });

  it('starts a new table at the earliest record that Kafka still has', () => {
    const available = new Map([[0, { earliest: 70n, lastStable: 80n }]]);
    const batch = planMicroBatch(input({ committed: new Map(), available }));
    expect(batch.ranges).toEqual([{ partition: 0, startOffset: '70', endOffset: '80' }]);
  });

  it('starts a partition that is added later at 0, never at the end', () => {
    const available = new Map([...input().available, [2, { earliest: 0n, lastStable: 5n }]]);
    expect(planMicroBatch(input({ available })).ranges).toContainEqual({
      partition: 2,
      startOffset: '0',
      endOffset: '5',
    });
  });

  it('refuses to skip records that expired before they were read', () => {
    const available = new Map([[0, { earliest: 101n, lastStable: 110n }]]);
    expect(() => planMicroBatch(input({ available }))).toThrow(expect.objectContaining({ code: 'OFFSET_EXPIRED' }));
  });

  it('refuses a partition that ends before what is committed', () => {
    const available = new Map([[0, { earliest: 0n, lastStable: 99n }]]);
    expect(() => planMicroBatch(input({ available }))).toThrow(expect.objectContaining({ code: 'OFFSETS_MOVED_BACK' }));
  });
});

describe('planInShards', () => {
  const limits = { ...DEFINITION_DEFAULTS, maxRows: 10, maxBytes: 1_000_000, shards: 4 };

  it('divides a batch only where one part would not take all that waits, and then takes as much more', () => {
    const available = (lastStable: bigint): MicroBatchInput =>
      input({ available: new Map([[0, { earliest: 0n, lastStable }]]) });
    expect(planInShards(available(110n), limits)).toMatchObject({ shards: 1, batch: { remaining: 0n } });
    expect(planInShards(available(111n), limits)).toMatchObject({ shards: 4, batch: { remaining: 0n } });
    expect(planInShards(available(200n), limits)).toMatchObject({ shards: 4, batch: { remaining: 60n } });
    expect(planInShards(available(200n), { ...limits, shards: 1 })).toMatchObject({
      shards: 1,
      batch: { remaining: 90n },
    });
  });
});
