import { describe, expect, it } from 'vitest';
import type { Action } from '../../../lake/log/actions.ts';
import { Snapshot } from '../../../lake/log/snapshot.ts';

const FIVE = { dt: '2026-11-23', hour: '5' };
const SIX = { dt: '2026-11-23', hour: '6' };

const add = (path: string, partitionValues: Record<string, string>): Action => ({
  add: { path, partitionValues, size: 1, modificationTime: 0, dataChange: true },
});
const remove = (path: string): Action => ({ remove: { path, deletionTimestamp: 0, dataChange: true } });

describe('live files by partition', () => {
  const snapshot = new Snapshot();
  const paths = (...partitions: Record<string, string>[]): string[] =>
    snapshot.filesOf(partitions).map(({ path }) => path);

  it('are those that were added and not removed since, each once', () => {
    snapshot.apply(0, [add('a', FIVE), add('b', FIVE), add('c', SIX)]);
    expect(paths(FIVE)).toEqual(['a', 'b']);
    expect(paths(SIX, FIVE, SIX)).toEqual(['c', 'a', 'b']);
    snapshot.apply(1, [remove('a'), remove('c'), add('d', SIX), add('b', FIVE)]);
    expect(paths(FIVE, SIX)).toEqual(['b', 'd']);
    snapshot.apply(2, [remove('b'), remove('never there')]);
    expect(paths(FIVE)).toEqual([]);
    expect(paths({ dt: '2026-11-24', hour: '5' })).toEqual([]);
  });

  it('do not depend on the order in which the values are named', () => {
    snapshot.apply(3, [add('e', { hour: '5', dt: '2026-11-23' })]);
    expect(paths(FIVE)).toEqual(['e']);
  });

  it('are forgotten with all else', () => {
    snapshot.clear();
    expect(paths(FIVE, SIX)).toEqual([]);
  });
});
