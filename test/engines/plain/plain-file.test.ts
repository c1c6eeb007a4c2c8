import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../definition/table-definition.ts';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { type Cell, PRODUCED_AT_MS, writeValues, WRITTEN_VALUES } from './written-values.ts';

const HOUR_MS = 3_600_000;

/** By a reader that has nothing to do with DuckDB. */
async function read(path: string): Promise<Record<string, Cell>[]> {
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return (await parquetReadObjects({ file, compressors })) as Record<string, Cell>[];
}

function encodingsOf(path: string, column: number): string[][] {
  const bytes = readFileSync(path);
  const { row_groups: groups } = parquetMetadata(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  );
  return groups.map(({ columns }) => (columns[column]?.meta_data?.encodings ?? []).filter((name) => name !== 'RLE'));
}

describe('a written file', () => {
  it.each(WRITTEN_VALUES)('holds %s', async (_, type, values, expected, encodings) => {
    const { path, rows, columns } = await writeValues(type, values);
    const found = await read(path);
    expect(rows).toBe(values.length);
    expect(found.map(({ c }) => c)).toEqual(expected);
    expect(found.map(({ kafka_offset }) => kafka_offset)).toEqual(
      expected.map((_value, index) => 1000n + BigInt(index)),
    );
    if (encodings.length > 0) expect(encodingsOf(path, 1)).toEqual([encodings]);
    expect(columns.get('c')?.nullCount).toBe(0);
  });

  it.each(WRITTEN_VALUES.filter(([name]) => /few|differ|apart|times|days|booleans/.test(name)))(
    'holds %s, some of them missing, of several hours, in row groups',
    async (_, type, values, expected) => {
      const isHere = (index: number): boolean => index < 2500 || index % 3 === 0;
      const sparse = values.map((value, index) => (index % 7 === 0 || (index > 300 && index < 700) ? 'null' : value));
      const atMs = (index: number): number => PRODUCED_AT_MS + (isHere(index) ? 0 : HOUR_MS);
      const { path, rows, columns, periods } = await writeValues(type, sparse, { groupRows: 2048, atMs });
      const kept = expected
        .map((value, index) => ({
          value: sparse[index] === 'null' ? null : value,
          offset: 1000n + BigInt(index),
          index,
        }))
        .filter(({ index }) => isHere(index));
      const found = await read(path);
      expect(found.map(({ c, kafka_offset }) => [c ?? null, kafka_offset])).toEqual(
        kept.map(({ value, offset }) => [value, offset]),
      );
      expect(rows).toBe(kept.length);
      expect(columns.get('c')?.nullCount).toBe(kept.filter(({ value }) => value === null).length);
      expect(periods.size).toBe(values.length > 2500 ? 2 : 1);
      if (values.length > 4000) expect(encodingsOf(path, 1).length).toBeGreaterThan(1);
    },
  );

  it.each<ColumnType>(['string', 'boolean', 'int', 'bigint', 'double', 'timestamp', 'date'])(
    'holds a column of %s without a value',
    async (type) => {
      const { path, columns } = await writeValues(
        type,
        Array.from({ length: 3000 }, () => 'null'),
      );
      expect((await read(path)).every(({ c }) => c === null || c === undefined)).toBe(true);
      expect(columns.get('c')).toEqual({ nullCount: 3000, min: undefined, max: undefined });
    },
  );

  it.each(WRITTEN_VALUES)('says of %s what DuckDB finds in it', async (_, type, values) => {
    const { path, columns, sizeBytes } = await writeValues(type, values, { groupRows: 2048 });
    const { min, max } = columns.get('c') ?? {};
    const told = `epoch_us(c)`;
    const value = { timestamp: told, date: `${told} // 86400000000`, boolean: 'NULL' }[type as string] ?? 'c';
    const [row] = await DuckDbSession.once(
      `SELECT min(${value})::VARCHAR AS min, max(${value})::VARCHAR AS max, count(c) AS values, (SELECT sum(total_compressed_size) FROM parquet_metadata(${literal(path)})) AS pages FROM read_parquet(${literal(path)})`,
    );
    const asText = (bound: string | number | bigint | null | undefined): string | number =>
      type === 'double' ? Number(bound) + 0 : String(bound ?? 'none');
    expect([asText(min), asText(max)]).toEqual([asText(row?.['min'] as string), asText(row?.['max'] as string)]);
    expect(Number(row?.['values'])).toBe(values.length);
    expect(Number(row?.['pages'])).toBeLessThan(sizeBytes);
    expect(sizeBytes).toBe(readFileSync(path).length);
  });

  it('takes no more memory for many row groups than for one', async () => {
    const values = Array.from({ length: 40_000 }, (_, index) => JSON.stringify(`${index}`.padEnd(100, '.')));
    const one = await writeValues('string', values);
    const many = await writeValues('string', values, { groupRows: 2048 });
    expect(many.memoryBytes).toBeLessThanOrEqual(one.memoryBytes);
  });
});
