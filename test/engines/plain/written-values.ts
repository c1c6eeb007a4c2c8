import { join } from 'node:path';
import { expect } from 'vitest';
import { Random } from '../../../collectors/simulation/random.ts';
import { parseDefinition } from '../../../definition/parse.ts';
import { PROVENANCE_COLUMNS, type ColumnType } from '../../../definition/table-definition.ts';
import { WasmInstance } from '../../../engines/plain/wasm-instance.ts';
import { PlainDecoder } from '../../../engines/plain/plain-decoder.ts';
import { type PlainFile, writePlainFile } from '../../../engines/plain/plain-file.ts';
import { RawRecord } from '../../../kafka/record.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

export const PRODUCED_AT_MS = Date.parse('2026-03-09T05:30:00Z');
const PERIOD = Math.floor(PRODUCED_AT_MS / 3_600_000);
/** The last time that is plain. */
const LAST_MS = Date.parse('2200-12-31T23:59:59.999Z');

export type Cell = string | number | bigint | boolean | Date | null;

export interface WrittenValues extends PlainFile {
  readonly path: string;
  readonly periods: ReadonlySet<number>;
  /** That it took to make it, rows included. */
  readonly memoryBytes: number;
}

/** Writes a column `c` of these values, as JSON texts; the others are the event time, and where each record came from. */
export async function writeValues(
  type: ColumnType,
  values: readonly string[],
  options: { groupRows?: number; atMs?: (index: number) => number } = {},
): Promise<WrittenValues> {
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
  const instance = new WasmInstance();
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
  return { ...file, path, periods: decoder.periods, memoryBytes: instance.bytes.length };
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
export const WRITTEN_VALUES: readonly (readonly [
  string,
  ColumnType,
  readonly string[],
  readonly Cell[],
  readonly string[],
])[] = [
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
