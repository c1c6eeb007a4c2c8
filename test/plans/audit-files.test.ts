import { describe, expect, it } from 'vitest';
import { fileStandings, judgeDirectory, judgeLiveFile, type TableFiles } from '../../plans/audit-files.ts';
import { wantedPartitions } from '../../plans/publication.ts';

const HOUR = { dt: '2026-11-23', hour: '5' };
const NAME = 'dt=2026-11-23/hour=5';
const batch = (sequence: number, attempt = 'a1'): string =>
  `data/b${String(sequence).padStart(10, '0')}-0-0-${attempt}-0.parquet`;
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Batches 3 to 5 are live, 1 and 2 were rewritten away, 6 is under way; the last fence is at version 4. */
function files(): TableFiles {
  const live = [batch(3), batch(4), batch(5)];
  return {
    table: 'health',
    live: new Map(live.map((path) => [path, { sizeBytes: 100, rows: 10 }])),
    removed: new Set([batch(1), batch(2)]),
    wanted: wantedPartitions(
      live.map((path) => ({ path, partitionValues: HOUR })),
      ['dt', 'hour'],
    ),
    committedSequence: 5,
    fence: 4,
  };
}

describe('the standing of a file', () => {
  it.each([
    ['live', batch(3)],
    ['bookkeeping', '_delta_log/00000000000000000001.json'],
    ['bookkeeping', '_sluice/seals/0000000001.json'],
    ['published', `${NAME}/g0-h3/${nameOf(batch(4))}`],
    ['pending', batch(6)],
    ['pending', `${NAME}/g0-h6/${nameOf(batch(6))}`],
    ['pending', `${NAME}/g4-c1-a1/g4-c1-a1-0000.parquet`],
    ['superseded', batch(2)],
    ['superseded', `${NAME}/g0-h1/${nameOf(batch(2))}`],
    ['superseded', `${NAME}/g0-h1/${nameOf(batch(3))}`],
    ['unreferenced', batch(3, 'abandoned')],
    ['unreferenced', `${NAME}/g0-h1/${nameOf(batch(2, 'abandoned'))}`],
    ['unreferenced', `${NAME}/g3-c1-a1/g3-c1-a1-0000.parquet`],
    ['unreferenced', 'data/copy.parquet'],
    ['unreferenced', 'notes.txt'],
  ])('is %s: %s', (standing, path) => {
    expect(fileStandings(files())(path)).toBe(standing);
  });
});

describe('a live file', () => {
  const logged = { sizeBytes: 100, rows: 10 };
  it('must be there, with the size that the log says', () => {
    expect(judgeLiveFile('health', batch(3), logged, { sizeBytes: 100 })).toBeUndefined();
    expect(judgeLiveFile('health', batch(3), logged, { sizeBytes: 99 })?.kind).toBe('file_changed');
    expect(judgeLiveFile('health', batch(3), logged, undefined)?.kind).toBe('file_missing');
  });
});

describe('the directory that Hive reads', () => {
  const link = (sequence: number, sizeBytes = 100): { path: string; sizeBytes: number; modifiedAtMs: number } => ({
    path: `${NAME}/g0-h3/${nameOf(batch(sequence))}`,
    sizeBytes,
    modifiedAtMs: 0,
  });
  const [partition] = files().wanted;
  const judge = (stored: ReturnType<typeof link>[], broken: readonly string[] = []): string[] => {
    if (partition === undefined) throw new Error('no partition');
    return judgeDirectory(files(), partition, stored, new Set(broken)).map(
      ({ kind, path }) => `${kind} ${nameOf(path ?? '')}`,
    );
  };

  it('holds exactly the live files, and may be ahead of the log that was read', () => {
    expect(judge([link(3), link(4), link(5)])).toEqual([]);
    expect(judge([link(3), link(4), link(5), link(6)])).toEqual([]);
    expect(judge([link(3), link(4)])).toEqual([`hive_file_missing ${nameOf(batch(5))}`]);
    expect(judge([link(3), link(4), link(5, 99)])).toEqual([`hive_file_changed ${nameOf(batch(5))}`]);
    expect(judge([link(2), link(3), link(4), link(5)])).toEqual([`hive_file_unexpected ${nameOf(batch(2))}`]);
  });

  it('may hold what readers skip, and says nothing again of a file that is broken itself', () => {
    const hidden = { ...link(9), path: `${NAME}/g0-h3/_SUCCESS` };
    expect(judge([link(3), link(4), link(5), hidden])).toEqual([]);
    expect(judge([link(3), link(4, 99)], [batch(4), batch(5)])).toEqual([]);
  });
});
