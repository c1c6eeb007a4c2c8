import { describe, expect, it } from 'vitest';
import type { SluiceError } from '../../errors/sluice-error.ts';
import {
  type ActualPartition,
  type LiveFile,
  publicationSteps,
  type WantedPartition,
  wantedPartitions,
} from '../../plans/publication.ts';

const COLUMNS = ['dt', 'hour'];
const NAME = 'dt=2026-11-23/hour=5';

function batchFile(sequence: number, hour = '5', attempt = 'a1'): LiveFile {
  const path = `data/b${String(sequence).padStart(10, '0')}-0-0-${attempt}-0.parquet`;
  return { path, partitionValues: { dt: '2026-11-23', hour } };
}

function rewrittenFile(directory: string, file = 'x.parquet'): LiveFile {
  return { path: `${NAME}/${directory}/${file}`, partitionValues: { dt: '2026-11-23', hour: '5' } };
}

function onlyPartition(files: readonly LiveFile[]): WantedPartition {
  const [partition, ...others] = wantedPartitions(files, COLUMNS);
  expect(others).toEqual([]);
  if (!partition) throw new Error('no partition is wanted');
  return partition;
}

describe("Hive's directory of a partition", () => {
  it('is named after the lowest live batch until it is rewritten, and links every file', () => {
    expect(onlyPartition([batchFile(43), batchFile(9), batchFile(44)])).toEqual({
      name: NAME,
      values: ['2026-11-23', '5'],
      directory: `${NAME}/g0-h9`,
      links: [
        { from: 'data/b0000000043-0-0-a1-0.parquet', to: `${NAME}/g0-h9/b0000000043-0-0-a1-0.parquet` },
        { from: 'data/b0000000009-0-0-a1-0.parquet', to: `${NAME}/g0-h9/b0000000009-0-0-a1-0.parquet` },
        { from: 'data/b0000000044-0-0-a1-0.parquet', to: `${NAME}/g0-h9/b0000000044-0-0-a1-0.parquet` },
      ],
    });
  });

  it('is that of the rewritten file with the highest base version, as a number', () => {
    const partition = onlyPartition([
      rewrittenFile('g9-r1-a1', 'old.parquet'),
      rewrittenFile('g41-r2-a1'),
      batchFile(43),
    ]);
    expect(partition.directory).toBe(`${NAME}/g41-r2-a1`);
    expect(partition.links).toEqual([
      { from: `${NAME}/g9-r1-a1/old.parquet`, to: `${NAME}/g41-r2-a1/old.parquet` },
      { from: 'data/b0000000043-0-0-a1-0.parquet', to: `${NAME}/g41-r2-a1/b0000000043-0-0-a1-0.parquet` },
    ]);
  });

  it('is the same whichever order the files of one rewrite come in', () => {
    const shards = [rewrittenFile('g41-r2-a1', 'x.parquet'), rewrittenFile('g41-r2-b7', 'y.parquet')];
    expect(onlyPartition(shards).directory).toBe(`${NAME}/g41-r2-b7`);
    expect(onlyPartition(shards.toReversed()).directory).toBe(`${NAME}/g41-r2-b7`);
  });

  it('is a rewrite’s even where its base version is 0', () => {
    expect(onlyPartition([rewrittenFile('g0-h1-a1'), batchFile(7)]).directory).toBe(`${NAME}/g0-h1-a1`);
  });

  it('is kept apart by partition', () => {
    const wanted = wantedPartitions([batchFile(1, '5'), batchFile(2, '6'), batchFile(3, '5')], COLUMNS);
    expect(wanted.map(({ directory }) => directory)).toEqual([`${NAME}/g0-h1`, 'dt=2026-11-23/hour=6/g0-h2']);
  });

  it('follows from URI-encoded paths', () => {
    const encoded = { path: 'k%3Da%253Ab/g3-r-a/x.parquet', partitionValues: { k: 'a:b' } };
    expect(wantedPartitions([encoded], ['k'])[0]).toMatchObject({ directory: 'k=a%3Ab/g3-r-a', links: [] });
  });

  it.each([
    'data/x.parquet',
    'data/b43-0-0-a-0.parquet',
    'data/sub/b0000000043-0-0-a-0.parquet',
    'b0000000043-0-0-a-0.parquet',
    `${NAME}/x.parquet`,
    `${NAME}/g0-h9/b0000000009-0-0-a1-0.parquet`,
    'dt=2026-11-23/hour=6/g41-r2-a1/x.parquet',
    `${NAME}/g41-r2-a1/x.parquet.tmp`,
    `${NAME}/g41-r2-a1/deep/x.parquet`,
    's3://elsewhere/x.parquet',
    '%E0%A4%A',
  ])('does not guess at a path that Sluice never gives: %s', (path) => {
    const files = [{ path, partitionValues: { dt: '2026-11-23', hour: '5' } }];
    expect(() => wantedPartitions(files, COLUMNS)).toThrow(
      expect.objectContaining({
        code: 'LOG_INCONSISTENT',
        message: expect.stringContaining(path) as string,
      }) as SluiceError,
    );
  });
});

describe('steps of a publication', () => {
  const wanted = wantedPartitions([batchFile(1)], COLUMNS);
  const actual = (change: Partial<ActualPartition>): ActualPartition[] => [
    { name: NAME, directory: `${NAME}/g0-h1`, descriptionHolds: true, ...change },
  ];

  it('link and add what the metastore lacks', () => {
    expect(publicationSteps(wanted, [])).toEqual({ link: wanted[0]?.links, add: wanted, alter: [], drop: [] });
  });

  it('alter nothing where it agrees, but still name every link', () => {
    expect(publicationSteps(wanted, actual({}))).toEqual({ link: wanted[0]?.links, add: [], alter: [], drop: [] });
  });

  it.each([{ directory: `${NAME}/g0-h0` }, { directory: undefined }, { directory: '' }, { descriptionHolds: false }])(
    'alter where it differs: %o',
    (change) => {
      expect(publicationSteps(wanted, actual(change))).toMatchObject({ add: [], alter: wanted, drop: [] });
    },
  );

  it('drop what has no live file', () => {
    expect(publicationSteps([], actual({}))).toEqual({ link: [], add: [], alter: [], drop: [NAME] });
  });
});
