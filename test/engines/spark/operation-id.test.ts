import { describe, expect, it } from 'vitest';
import { operationIds } from '../../../engines/spark/operation-id.ts';

const RANGE = { partition: 0, startOffset: '5', endOffset: '9' };
const KEY = {
  ...{ lake: 'file:///lake', topicId: 't', table: 'health', sequence: 7, revision: 0, shard: 0, generation: 0 },
  ...{ ranges: [RANGE], purpose: undefined },
};

describe('the ids of an operation', () => {
  it('are the same for every attempt at one batch, and UUIDs', () => {
    const ids = operationIds(KEY);
    expect(operationIds({ ...KEY })).toEqual(ids);
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const all = [ids.sessionId, ids.operationId, ids.archivingId];
    for (const id of all) expect(id).toMatch(uuid);
    expect(new Set(all).size).toBe(3);
  });

  it('are others for anything else', () => {
    const others = [
      KEY,
      { ...KEY, lake: 'file:///other' },
      { ...KEY, topicId: 'u' },
      { ...KEY, table: 'health7' },
      { ...KEY, sequence: 8 },
      { ...KEY, revision: 1 },
      { ...KEY, shard: 1 },
      // Units of backfills differ in nothing else.
      { ...KEY, ranges: [{ ...RANGE, endOffset: '10' }] },
      { ...KEY, purpose: 'backfill 1' },
      { ...KEY, purpose: 'backfill 2' },
      { ...KEY, generation: 1 },
    ].map((key) => operationIds(key));
    const all = others.flatMap(({ sessionId, operationId, archivingId }) => [sessionId, operationId, archivingId]);
    expect(new Set(all).size).toBe(others.length * 3);
  });
});
