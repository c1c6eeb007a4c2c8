import { describe, expect, it } from 'vitest';
import { Random } from '../../../collectors/simulation/random.ts';
import { parseDefinition } from '../../../definition/parse.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { CarefulConversion } from '../../../engines/duckdb/careful-conversion.ts';
import { WasmInstance } from '../../../engines/plain/wasm-instance.ts';
import { PLAIN_CHUNK_MAX_BYTES, PlainDecoder } from '../../../engines/plain/plain-decoder.ts';
import { writePlainRows } from '../../../engines/plain/plain-writer.ts';
import { readRecordBatches } from '../../../kafka/record-batch.ts';
import { RecordChunk } from '../../../kafka/record-chunk.ts';
import { Spool } from '../../../kafka/spool.ts';
import { buildBatch } from '../../kafka/batch-builder.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { requestOf, textsOf } from './plain-conversion.ts';

const PRODUCED_AT_MS = Date.parse('2026-03-09T05:30:00Z');

const definition = parseDefinition(
  `table: plain
database: test
source: { topic: plain }
columns:
  - { name: at, type: timestamp, required: true }
  - { name: text, type: string }
  - { name: flag, type: boolean }
  - { name: small, type: int }
  - { name: large, type: bigint }
  - { name: real, type: double }
  - { name: day, type: date }
  - { name: must, type: string, required: true }
event_time: { column: at, accept_past: 2d, accept_future: 1h }
`,
  'plain.yaml',
);

type Value = string | Buffer;

/** All records at once, as one partition's; what `take` leaves is judged carefully. */
async function convert(
  values: readonly Value[],
  fast: boolean,
): Promise<{ rows: string[]; rejected: string[]; unknown: Map<string, number>; taken: number }> {
  const scratchFolder = temporaryFolder();
  const request = requestOf(definition, scratchFolder);
  const session = await DuckDbSession.open();
  const instance = new WasmInstance();
  const decoder = new PlainDecoder(definition, instance);
  const spool = new Spool({
    folder: scratchFolder,
    taker: { take: (record, partition) => fast && decoder.take(record, partition) },
  });
  await spool.add(chunkOf(values));
  decoder.finish();
  const plain = await writePlainRows(decoder, instance, request);
  const careful = await new CarefulConversion(session).convert(request, spool.segments, plain.length);
  const unknown = new Map(decoder.unknownFields);
  for (const [name, count] of Object.entries(careful.unknownFields))
    unknown.set(name, (unknown.get(name) ?? 0) + count);
  expect(decoder.rows + careful.rows + careful.rejectedRows).toBe(values.length);
  const found = {
    rows: await textsOf(session, [...plain, ...careful.files]),
    rejected: await textsOf(session, careful.rejectedFiles),
    unknown,
    taken: decoder.rows,
  };
  session.close();
  return found;
}

function chunkOf(values: readonly Value[]): RecordChunk {
  const records = values.map((value, index) => ({ key: `k${index}`, value, timestampDelta: index % 1000 }));
  const bytes = buildBatch({ baseOffset: 100n, records, baseTimestampMs: BigInt(PRODUCED_AT_MS) });
  const { batches, nextOffset = 0n, sizeBytes } = readRecordBatches(bytes, 2n ** 62n);
  const range = { partition: 4, startOffset: 0n, endOffset: 2n ** 62n };
  return new RecordChunk(range, batches, { nextOffset, sizeBytes }, { bytes });
}

async function expectAgreement(values: readonly Value[]): Promise<number> {
  const careful = await convert(values, false);
  const fast = await convert(values, true);
  expect(fast.rows).toEqual(careful.rows);
  expect(fast.rejected).toEqual(careful.rejected);
  expect(new Map([...fast.unknown].sort())).toEqual(new Map([...careful.unknown].sort()));
  expect(careful.taken).toBe(0);
  return fast.taken;
}

/** Texts of JSON values, the nasty ones among them, that are put where any column's value may stand. */
const VALUES = [
  ...['null', 'true', 'false', 'True', 'NaN', 'Infinity', '-Infinity', 'nul', 'tru', ''],
  ...[
    '0',
    '-0',
    '7',
    '-7',
    '007',
    '+7',
    '7.0',
    '7.5',
    '.5',
    '5.',
    '-.5',
    '1e3',
    '1E+3',
    '1e-3',
    '1e',
    '1e400',
    '1_000',
  ],
  ...['2147483647', '2147483648', '-2147483648', '-2147483649', '999999999999999', '1234567890123456'],
  ...['9007199254740993', '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809'],
  ...['0.1', '0.30000000000000004', '123456789.123456789', '1.7976931348623157e308', '5e-324', '1e-400', '2.5e-5'],
  ...['0.000000000000000000001', '179769313486231570000000000000', '4.35', '0.1e1', '100000000000000000000000'],
  ...['""', '"7"', '"7.5"', '" 7 "', '"true"', '"t"', '"yes"', '"a"', '"exactly12byt"', '"thirteen bytes"'],
  ...[
    '"Grüße"',
    '"日本語のテキストです"',
    '"😀"',
    '"tab\\t"',
    '"\\u00e9"',
    '"quote\\""',
    '"back\\\\"',
    '"\u007f"',
    '"a\tb"',
  ],
  ...[
    '"2026-03-09"',
    '"2026-03-09T05:00:00Z"',
    '"2026-03-09 05:00:00"',
    '"2026-03-09T05:00:00.123456Z"',
    '"2026-03-09T05:00:00.1234567Z"',
  ],
  ...[
    '"2026-03-09T05:00:00.5+00:00"',
    '"2026-03-09T05:00:00+02:00"',
    '"2026-03-08T24:00:00Z"',
    '"2026-03-08T23:59:60Z"',
  ],
  ...[
    '"2026-02-29T05:00:00Z"',
    '"2026-02-30"',
    '"2026-3-9"',
    '"1969-12-31"',
    '"2026-03-09T05:00Z"',
    '"2026-03-09T05:00:00.Z"',
  ],
  ...['"2024-02-29"', '"0000-01-01"', '"9999-12-31"', '"2026-03-09T05:00:00z"', '"yesterday"', '"infinity"', '"epoch"'],
  ...['{}', '{"a":1}', '[]', '[1,[2,{"b":[]}]]', '[1,]', '{"a":1,}', '[1 2]', '{"a" 1}', '["\\n"]', '[NaN]', '[01]'],
];
const COLUMNS = ['at', 'text', 'flag', 'small', 'large', 'real', 'day', 'must'];
const NAMES = [
  ...COLUMNS,
  'note',
  'other',
  'Text',
  'TEXT',
  '',
  'ü',
  'kafka_offset',
  '~o',
  '~t',
  '~period',
  'a\\nb',
  'té',
];
const GOOD = {
  at: '"2026-03-09T05:10:11.5Z"',
  text: '"some text"',
  flag: 'true',
  small: '12',
  large: '123456789012',
  real: '3.25',
  day: '"2026-03-09"',
  must: '"here"',
};

/** What stands between a name and its value, and between two fields. */
const BLANKS: readonly (readonly [string, string])[] = [
  [':', ','],
  [': ', ', '],
  [' :\t', '\n,'],
  [':', ', '],
];

function objectOf(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
}

describe('the plain decoder', () => {
  it('takes what is plainly written', async () => {
    const values = [
      objectOf(Object.entries(GOOD)),
      objectOf([...Object.entries(GOOD), ['note', '{"deep":[1,2.5,"x",null,true]}']]),
      '{ "at" : "2026-03-09T04:10:11+00:00", "must" : "" }',
      `\n${objectOf(Object.entries(GOOD).reverse())}\r\n`,
    ];
    expect(await expectAgreement(values)).toBe(values.length);
  });

  it('takes nothing for a day before it has read one', async () => {
    const fields = Object.entries({ ...GOOD, day: `"${'\0'.repeat(10)}"` }).reverse();
    expect(await expectAgreement([objectOf(fields)])).toBe(0);
  });

  it('leaves to careful reading what that must judge', async () => {
    const values = [
      ...['', '{', '[]', '{}', '{"at":"2026-03-09T05:00:00Z"}', `${objectOf(Object.entries(GOOD))}x`],
      objectOf([...Object.entries(GOOD), ['at', GOOD.at]]),
      objectOf([...Object.entries(GOOD), ['~o', '1']]),
      objectOf(Object.entries({ ...GOOD, at: '"2026-03-07T05:29:59Z"' })),
      objectOf(Object.entries({ ...GOOD, at: '"2026-03-09T06:30:02Z"' })),
      `${objectOf(Object.entries(GOOD)).slice(0, -1)},}`,
    ];
    expect(await expectAgreement(values)).toBe(0);
  });

  it('makes of any value in any column what careful reading makes of it', async () => {
    const values = COLUMNS.flatMap((column) =>
      VALUES.map((value) => objectOf(Object.entries({ ...GOOD, [column]: value }))),
    );
    expect(await expectAgreement(values)).toBeGreaterThan(120);
  });

  it('counts unknown fields of any name and value as careful reading does', async () => {
    const values = NAMES.flatMap((name) => VALUES.map((value) => objectOf([...Object.entries(GOOD), [name, value]])));
    expect(await expectAgreement(values)).toBeGreaterThan(200);
  });

  it('agrees on records with bytes changed at random', async () => {
    const random = new Random('bytes');
    const values = Array.from({ length: 1500 }, () => {
      const fields = Object.entries(GOOD).filter(() => random.next() < 0.97);
      for (let more = 0; more < 2; more += 1) {
        if (random.next() < 0.3) fields.push([random.pick(NAMES), random.pick(VALUES)]);
      }
      const bytes = Buffer.from(objectOf(fields.sort(() => random.next() - 0.5)));
      if (random.next() < 0.5) {
        const at = Math.floor(random.next() * bytes.length);
        bytes[at] =
          random.next() < 0.7 ? random.pick([...Buffer.from('{}[]",:.0159eE+- tfn\\\n')]) : random.next() * 256;
      }
      return bytes;
    });
    let taken = 0;
    // Few at a time, since only so many unknown fields are counted by name.
    for (let start = 0; start < values.length; start += 300)
      taken += await expectAgreement(values.slice(start, start + 300));
    expect(taken).toBeGreaterThan(400);
  });

  it('keeps rows apart where chunks, nulls and long texts come by turns', async () => {
    const values = Array.from({ length: 5000 }, (_, index) =>
      objectOf(
        Object.entries({
          ...GOOD,
          at: `"2026-03-09T0${index % 6}:00:00Z"`,
          small: index % 3 === 0 ? 'null' : String(index),
          text: index % 5 === 0 ? 'null' : `"${'x'.repeat(index % 40)}${index}"`,
          ...(index % 7 === 0 ? { must: 'null' } : {}),
        }).filter(([name]) => index % 11 !== 0 || name !== 'real'),
      ),
    );
    expect(await expectAgreement(values)).toBe(5000 - Math.ceil(5000 / 7));
  });

  it('keeps rows apart whose texts are too large to be many at a time', async () => {
    const texts = [PLAIN_CHUNK_MAX_BYTES / 16, 1000, PLAIN_CHUNK_MAX_BYTES / 9, 20];
    const values = Array.from({ length: 40 }, (_, index) =>
      objectOf(Object.entries({ ...GOOD, text: `"${String(index % 10).repeat(texts[index % 4] ?? 0)}"` })),
    );
    expect(await expectAgreement(values)).toBe(40);
  });

  it('keeps rows apart where chunks of one hour and chunks of several come by turns', async () => {
    const values = Array.from({ length: 15_000 }, (_, index) => {
      const hour = index % 6000 < 4500 ? Math.floor(index / 5000) : index % 3;
      const text = index % 5 === 0 ? 'null' : `"${'y'.repeat(index % 40)}${index}"`;
      return objectOf(Object.entries({ ...GOOD, at: `"2026-03-09T0${hour}:00:00Z"`, text, large: String(index) }));
    });
    expect(await expectAgreement(values)).toBe(values.length);
  });

  it('reads fields in any order, with any blanks, and without those that are left out', async () => {
    const random = new Random('order');
    const values = Array.from({ length: 600 }, (_, index) => {
      const fields = Object.entries(GOOD).filter(([name]) => name === 'at' || name === 'must' || random.next() < 0.9);
      if (index % 3 === 0) fields.sort(() => random.next() - 0.5);
      const [colon, comma] = random.pick(BLANKS);
      return `{${fields.map(([name, value]) => `"${name}"${colon}${value}`).join(comma)}}`;
    });
    expect(await expectAgreement(values)).toBe(values.length);
  });
});
