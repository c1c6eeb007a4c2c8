import { describe, expect, it } from 'vitest';
import { type HiveView, judgeHive } from '../../plans/audit-hive.ts';
import { FINDING_KINDS } from '../../plans/finding.ts';
import type { WantedPartition } from '../../plans/publication.ts';

const NAME = 'dt=2026-11-23/hour=5';
const WANTED: WantedPartition = { name: NAME, values: ['2026-11-23', '5'], directory: `${NAME}/g0-h1`, links: [] };
const RIGHT: HiveView = {
  difference: undefined,
  outdatedColumns: [],
  partitions: [{ name: NAME, directory: WANTED.directory, descriptionHolds: true }],
};

function kinds(view: HiveView | undefined, wanted = [WANTED]): string[] {
  return judgeHive('health', wanted, view).map(({ kind }) => kind);
}

describe('the metastore', () => {
  it('is right where it says what follows from the log', () => {
    expect(kinds(RIGHT)).toEqual([]);
    expect(kinds({ ...RIGHT, partitions: [] }, [])).toEqual([]);
  });

  it.each([
    ['hive_table_missing', undefined],
    ['hive_table_wrong', { ...RIGHT, difference: 'its format is not Parquet', partitions: [] }],
    ['hive_table_outdated', { ...RIGHT, outdatedColumns: ['note'] }],
    ['hive_partition_missing', { ...RIGHT, partitions: [] }],
    ['hive_partition_misplaced', { ...RIGHT, partitions: [{ ...RIGHT.partitions[0], directory: undefined }] }],
    ['hive_partition_outdated', { ...RIGHT, partitions: [{ ...RIGHT.partitions[0], descriptionHolds: false }] }],
  ] as [string, HiveView | undefined][])('is found wrong, and that alone: %s', (kind, view) => {
    expect(kinds(view)).toEqual([kind]);
  });

  it('has a partition too many', () => {
    expect(kinds(RIGHT, [])).toEqual(['hive_partition_unexpected']);
  });
});

it('leaves to --repair only what follows from the log', () => {
  const repairable = Object.entries(FINDING_KINDS).filter(([, { repair }]) => repair === 'republish');
  expect(repairable.map(([kind]) => kind).sort()).toEqual([
    'hive_file_missing',
    'hive_partition_misplaced',
    'hive_partition_missing',
    'hive_partition_outdated',
    'hive_partition_unexpected',
    'hive_table_missing',
    'hive_table_outdated',
  ]);
});
