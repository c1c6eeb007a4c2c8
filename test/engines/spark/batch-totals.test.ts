import { describe, expect, it } from 'vitest';
import { type BatchTotals, requireSameRecords, requireWithin, totalsOf } from '../../../engines/spark/batch-totals.ts';
import type { BatchPlan } from '../../../plans/batch.ts';

const RANGES = [
  { partition: 0, startOffset: '5', endOffset: '9' },
  { partition: 1, startOffset: '0', endOffset: '3' },
];
const PLAN: BatchPlan = {
  ...{ format: 1, sequence: 7, revision: 0, plannedAtMs: 0, topic: 't', topicId: 'i', ranges: RANGES },
  ...{ nextOffsets: {}, engine: 'spark', definitionHash: '' },
};
const METRICS = {
  ...{ records: '5', plain: '4', with_extra: '1', size_bytes: '700', folder: Buffer.from('/a folder').toString('hex') },
  ...{ n_0: '3', first_0: '5', last_0: '8', n_1: '2', first_1: '0', last_1: '2' },
};
const totals = (changed: Readonly<Record<string, string>> = {}): BatchTotals => totalsOf({ ...METRICS, ...changed });

describe('the totals of an operation', () => {
  it('are read from what Spark counted, and are nothing where it has met no record', () => {
    expect(totals()).toEqual({
      ...{ records: 5, plain: 4, withExtra: 1, sizeBytes: 700, folder: '/a folder' },
      partitions: new Map([
        [0, { records: 3, first: 5n, last: 8n }],
        [1, { records: 2, first: 0n, last: 2n }],
      ]),
    });
    const nothing = { records: 0, plain: 0, withExtra: 0, sizeBytes: 0, folder: '', partitions: new Map() };
    expect(totalsOf({ records: '0', n_0: '0' })).toEqual(nothing);
  });

  it('are of what is planned, to the offset', () => {
    expect(() => requireWithin(PLAN, totals())).not.toThrow();
    for (const changed of [
      { first_0: '4' },
      { last_0: '9' },
      { last_1: '3' },
      { records: '6' },
      { n_2: '1', first_2: '0', last_2: '0' },
    ]) {
      expect(() => requireWithin(PLAN, totals(changed)), JSON.stringify(changed)).toThrow(/Batch 7 on Spark/);
    }
  });

  it('are the same of rows and archive, but for what only rows have', () => {
    expect(() => requireSameRecords(PLAN, totals(), totals({ plain: '5', with_extra: '0', folder: '' }))).not.toThrow();
    for (const changed of [{ records: '4' }, { size_bytes: '699' }, { n_0: '2' }, { first_0: '6' }, { last_1: '1' }]) {
      const different = (): void => requireSameRecords(PLAN, totals(), totals(changed));
      expect(different, JSON.stringify(changed)).toThrow(/were read, and .* archived/);
    }
  });
});
