import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../collectors/simulation/random.ts';
import { parseDefinition } from '../../../definition/parse.ts';
import { PROVENANCE_COLUMNS, type ColumnType } from '../../../definition/table-definition.ts';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { DecoderInstance } from '../../../engines/duckdb/decoder-instance.ts';
import { PlainDecoder } from '../../../engines/duckdb/plain-decoder.ts';
import { type PlainFile, writePlainFile } from '../../../engines/duckdb/plain-file.ts';
import { RawRecord } from '../../../kafka/record.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const PRODUCED_AT_MS = Date.parse('2026-03-09T05:30:00Z');
const PERIOD = Math.floor(PRODUCED_AT_MS / 3_600_000);
const HOUR = 3_600_000;
/** The last time that is plain. */
const LAST_MS = Date.parse('2200-12-31T23:59:59.999Z');

type Cell = string | number | bigint | boolean | Date | null;

interface Written extends PlainFile {
  readonly path: string;
  readonly periods: ReadonlySet<number>;
}

/** Writes a column `c` of these values, as JSON texts; the others are the event time, and where each record came from. */
async function write(
  type: ColumnType,
  values: readonly string[],
  options: { groupRows?: number; atMs?: (index: number) => number } = {},
): Promise<Written> {
  const { groupRows = 100_000, atMs = () => PRODUCED_AT_MS } = options;
  const definition = parseDefinition(
    `table: written
database: test
source: { topic: written }
columns:
  - { name: at, type: timestamp, required: true }
  - { name: c, type: ${type} }
event_time: { column: at, accept_past: 2d, accept_future: 2d }
`,
    'written.yaml',
  );
  const instance = new DecoderInstance();
  const decoder = new PlainDecoder(definition, instance);
  const record = new RawRecord(1000n);
  record.timestampMs = PRODUCED_AT_MS;
  for (const [index, value] of values.entries()) {
    record.buffer = Buffer.from(`{"at":"${new Date(atMs(index)).toISOString()}","c":${value}}`);
    record.offsetDelta = index;
    record.valueStart = 0;
    record.valueEnd = record.buffer.length;
    expect(decoder.take(record, 7), value.slice(0, 100)).toBe(true);
  }
  decoder.finish();
  instance.calls.beginSelections(groupRows, 2 ** 30);
  const path = join(temporaryFolder(), 'written.parquet');
  const columns = [...definition.columns, ...PROVENANCE_COLUMNS];
  const file = await writePlainFile(path, instance, columns, PERIOD);
  return { ...file, path, periods: decoder.periods };
}

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

const DICTIONARY = ['PLAIN', 'RLE_DICTIONARY'];

function pick<T>(count: number, choices: readonly T[], seed = 'pick'): T[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.pick(choices));
}

const LONG = 2n ** 63n - 1n;
const texts = (values: readonly string[]): string[] => values.map((value) => JSON.stringify(value));
const numbers = (values: readonly (number | bigint)[]): string[] => values.map(String);

/** Name, type, the column's JSON values, what is read of them, and how they are encoded. */
const CASES: readonly (readonly [string, ColumnType, readonly string[], readonly Cell[], readonly string[]])[] = [
  ...[
    [
      'texts of few kinds',
      pick(5000, ['', 'a', 'exactly12byt', 'thirteen bytes', 'thirteen bytez', 'Grüße, 日本']),
      DICTIONARY,
    ],
    ['one text', Array.from({ length: 5000 }, () => 'one'), DICTIONARY],
    [
      'texts that all differ',
      Array.from({ length: 9000 }, (_, index) => `${'x'.repeat(index % 30)}${index}`),
      ['PLAIN'],
    ],
    [
      'texts that begin alike',
      pick(3000, ['prefix-abcdefgh', 'prefix-abcdefgi', 'prefix-abcdefghi', 'prefix-']),
      DICTIONARY,
    ],
    ['a few long texts', ['a', 'b', 'c'].map((letter) => letter.repeat(100_000)), ['PLAIN']],
  ].map(([name, values, encodings]) => [name, 'string', texts(values as string[]), values, encodings] as never),
  ...[
    ['few doubles', pick(5000, [0.5, -1.25, 1e300, 5e-324, 0]), DICTIONARY],
    [
      'hundredths',
      pick(
        60_000,
        Array.from({ length: 10_001 }, (_, index) => index / 100),
      ),
      DICTIONARY,
    ],
    ['doubles that all differ', Array.from({ length: 5000 }, (_, index) => index + 0.123), ['PLAIN']],
    [
      'more doubles than a dictionary takes',
      Array.from({ length: 70_000 }, (_, index) => (index < 8000 ? index % 9 : index) / 8),
      ['PLAIN'],
    ],
  ].map(([name, values, encodings]) => [name, 'double', numbers(values as number[]), values, encodings] as never),
  ...[
    ['few integers', pick(5000, [0n, LONG, -LONG - 1n, 1n]), DICTIONARY],
    [
      'integers far apart',
      Array.from({ length: 5000 }, (_, index) => (index % 2 === 0 ? LONG - BigInt(index) : -LONG + BigInt(index))),
      ['DELTA_BINARY_PACKED'],
    ],
    ['a single integer', [-5n], ['DELTA_BINARY_PACKED']],
    ...[1, 2, 127, 128, 129, 130, 160, 161, 257].map((count) => [
      `${count} integers`,
      Array.from({ length: count }, (_, index) => BigInt(index) ** 2n * 1_000_003n),
      ['DELTA_BINARY_PACKED'],
    ]),
    ...[1, 7, 8, 9, 31, 32, 33, 55, 56, 57, 58, 62].map((bits) => [
      `differences of ${bits} bits`,
      Array.from(
        { length: 400 },
        (_, index) => ((BigInt(index) * 2862933555777941757n) % 2n ** BigInt(bits)) + BigInt(index),
      ),
      [],
    ]),
  ].map(([name, values, encodings]) => [name, 'bigint', numbers(values as bigint[]), values, encodings] as never),
  ...[
    ['few small integers', pick(5000, [0, 2 ** 31 - 1, -(2 ** 31), 5]), DICTIONARY],
    [
      'small integers far apart',
      Array.from({ length: 5000 }, (_, index) => (index % 2 === 0 ? 2 ** 31 - 1 - index : -(2 ** 31) + index)),
      ['DELTA_BINARY_PACKED'],
    ],
  ].map(([name, values, encodings]) => [name, 'int', numbers(values as number[]), values, encodings] as never),
  ...[
    [
      'times',
      Array.from({ length: 5000 }, (_, index) => new Date(PRODUCED_AT_MS + index * 1001)),
      ['DELTA_BINARY_PACKED'],
    ],
    [
      'times of all centuries',
      Array.from({ length: 300 }, (_, index) => new Date(index % 2 === 0 ? index : LAST_MS - index)),
      ['DELTA_BINARY_PACKED'],
    ],
  ].map(
    ([name, values, encodings]) =>
      [name, 'timestamp', (values as Date[]).map((at) => JSON.stringify(at)), values, encodings] as never,
  ),
  [
    'days',
    'date',
    Array.from({ length: 5000 }, (_, index) =>
      JSON.stringify(new Date(index * 3_600_000 * 5).toISOString().slice(0, 10)),
    ),
    Array.from({ length: 5000 }, (_, index) => new Date(Math.floor((index * 5) / 24) * 86_400_000)),
    DICTIONARY,
  ],
  ['booleans', 'boolean', pick(5001, ['true', 'false']), pick(5001, [true, false]), ['PLAIN']],
];

describe('a written file', () => {
  it.each(CASES)('holds %s', async (_, type, values, expected, encodings) => {
    const { path, rows, columns } = await write(type, values);
    const found = await read(path);
    expect(rows).toBe(values.length);
    expect(found.map(({ c }) => c)).toEqual(expected);
    expect(found.map(({ kafka_offset }) => kafka_offset)).toEqual(
      expected.map((_value, index) => 1000n + BigInt(index)),
    );
    if (encodings.length > 0) expect(encodingsOf(path, 1)).toEqual([encodings]);
    expect(columns.get('c')?.nullCount).toBe(0);
  });

  it.each(CASES.filter(([name]) => /few|differ|apart|times|days|booleans/.test(name)))(
    'holds %s, some of them missing, of several hours, in row groups',
    async (_, type, values, expected) => {
      const isHere = (index: number): boolean => index < 2500 || index % 3 === 0;
      const sparse = values.map((value, index) => (index % 7 === 0 || (index > 300 && index < 700) ? 'null' : value));
      const atMs = (index: number): number => PRODUCED_AT_MS + (isHere(index) ? 0 : HOUR);
      const { path, rows, columns, periods } = await write(type, sparse, { groupRows: 2048, atMs });
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
      const { path, columns } = await write(
        type,
        Array.from({ length: 3000 }, () => 'null'),
      );
      expect((await read(path)).every(({ c }) => c === null || c === undefined)).toBe(true);
      expect(columns.get('c')).toEqual({ nullCount: 3000, min: undefined, max: undefined });
    },
  );

  it.each(CASES)('says of %s what DuckDB finds in it', async (_, type, values) => {
    const { path, columns, sizeBytes } = await write(type, values, { groupRows: 2048 });
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
});
