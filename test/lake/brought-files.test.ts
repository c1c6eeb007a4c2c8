import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { readBroughtFiles } from '../../lake/brought-files.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Line {
  readonly kafka_partition?: unknown;
  readonly kafka_offset?: unknown;
  readonly kafka_timestamp?: unknown;
  readonly record_key?: unknown;
  readonly record_value?: unknown;
}

const AT = '2026-11-23T05:00:00.123Z';
const line = (offset: number, more: Line = {}): Line => ({
  ...{ kafka_partition: 0, kafka_offset: offset, kafka_timestamp: AT, record_key: null, record_value: '{"n":"ü"}' },
  ...more,
});

function ndjson(lines: readonly Line[], name = 'records.ndjson'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, lines.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return path;
}

async function contentOf(path: string): Promise<unknown[]> {
  return DuckDbSession.once(
    `SELECT kafka_partition AS p, kafka_offset AS o, epoch_ms(kafka_timestamp) AS t, decode(record_key) AS k, decode(record_value) AS v
     FROM read_parquet(${literal(path)}) ORDER BY p, o`,
  );
}

describe('files of records', () => {
  it('are NDJSON or Parquet with an archive’s columns, a file or a folder of them, and say the same', async () => {
    const lines = ndjson([line(8), line(7, { record_key: 'k', record_value: null })]);
    const first = await readBroughtFiles(lines, temporaryFolder());
    const content = await contentOf(first);
    const t = String(Date.parse(AT));
    expect(content).toEqual([
      { p: 0, o: '7', t, k: 'k', v: null },
      { p: 0, o: '8', t, k: null, v: '{"n":"ü"}' },
    ]);
    const second = await readBroughtFiles(first, temporaryFolder());
    expect(await contentOf(second)).toEqual(content);
    const folder = temporaryFolder();
    for (const offset of [7, 8]) writeFileSync(join(folder, `${offset}.ndjson`), JSON.stringify(line(offset)));
    expect(await contentOf(await readBroughtFiles(folder, temporaryFolder()))).toHaveLength(2);
  });

  it.each([
    ['of another kind', () => ndjson([line(1)], 'records.json'), /must be one .parquet or .ndjson file/],
    ['that are not there', () => '/no/such/file.ndjson', /cannot be read/],
    [
      'of a name that is a pattern',
      () => ndjson([line(1)], 'records[1].ndjson'),
      /holds \*, \? or \[, which DuckDB takes/,
    ],
    ['that lack a key', () => ndjson([line(1), { kafka_partition: 0, kafka_offset: 2 }]), /lacks one of the keys/],
    ['that name no place', () => ndjson([line(1, { kafka_offset: null })]), /lacks its partition, offset or timestamp/],
    ['that name a record twice', () => ndjson([line(1), line(2), line(1)]), /offset 1 of partition 0 twice/],
    [
      'with an offset that is none',
      () => ndjson([line(1, { kafka_offset: 'x' })]),
      /kafka_offset|Could not convert|cast/i,
    ],
    ['without records', () => ndjson([]), /holds no record/],
  ])('are refused: %s', async (_, path, message) => {
    await expect(readBroughtFiles(path(), temporaryFolder())).rejects.toMatchObject({
      code: 'BACKFILL_REFUSED',
      message: expect.stringMatching(message) as string,
    });
  });

  it('are refused where a column is of another type', async () => {
    const path = join(temporaryFolder(), 'records.parquet');
    await DuckDbSession.once(
      `COPY (SELECT 1 AS kafka_partition, 2 AS kafka_offset) TO ${literal(path)} (FORMAT parquet)`,
    );
    await expect(readBroughtFiles(path, temporaryFolder())).rejects.toThrow(
      /kafka_offset of .* is INTEGER; it must be BIGINT/,
    );
  });
});
