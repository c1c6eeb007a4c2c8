import { describe, expect, it } from 'vitest';
import { placeOf, rewriteFilePath } from '../../plans/file-place.ts';
import { batchFilePath } from '../../plans/table-paths.ts';

const PARTITION = 'dt=2026-11-23/hour=5';

describe('placeOf', () => {
  it('knows a batch’s file by the sequence number in its name', () => {
    const path = batchFilePath({ sequence: 43, revision: 0, shard: 0 }, 'a1', 2);
    expect(placeOf(path)).toEqual({ kind: 'batch', sequence: 43, name: 'b0000000043-0-0-a1-2.parquet' });
  });

  it('knows a rewrite’s file by its base, partition and directory', () => {
    const path = rewriteFilePath(PARTITION, { baseVersion: 41, rewriteId: 'c7f', attempt: 'a1' }, 3);
    expect(placeOf(path)).toEqual({
      kind: 'rewrite',
      partition: PARTITION,
      directory: `${PARTITION}/g41-c7f-a1`,
      base: 41,
      name: 'g41-c7f-a1-0003.parquet',
    });
  });

  it('tells the directory that Hive has before any rewrite from one of a rewrite of version 0', () => {
    expect(placeOf(`${PARTITION}/g0-h12/b0000000043-0-0-a1-2.parquet`)).toMatchObject({
      kind: 'hive',
      lowestBatch: 12,
    });
    expect(placeOf(`${PARTITION}/g0-h12-a1/x.parquet`)).toMatchObject({ kind: 'rewrite', base: 0 });
  });

  it.each(['data/x.parquet', `${PARTITION}/x.parquet`, `${PARTITION}/g41/x.parquet`, 'notes.txt', 'data/b1-a.tmp'])(
    'does not know %s',
    (path) => {
      expect(placeOf(path)).toBeUndefined();
    },
  );
});
