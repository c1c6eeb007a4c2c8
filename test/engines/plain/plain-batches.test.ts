import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../../collectors/simulation/random.ts';
import type { TableDefinition } from '../../../definition/table-definition.ts';
import { parseDefinition } from '../../../definition/parse.ts';
import { WINDOW_BYTES } from '../../../engines/plain/wasm-window.ts';
import { buildBatch, type BuiltBatch, type BuiltRecord } from '../../kafka/batch-builder.ts';
import { BatchDecoding, type DecodedBatches, type DecodingOptions } from './batch-decoding.ts';
import { RECORDS_AT, RandomBatches } from './random-batches.ts';

const PRODUCED_AT_MS = Date.parse('2026-03-09T05:30:00Z');
const BASE = { baseOffset: 100n, baseTimestampMs: BigInt(PRODUCED_AT_MS) };
const FROM_BASE = { startOffset: 100n, endOffset: 2n ** 62n };
/** Rows of one chunk. */
const CHUNK_ROWS = 2048;

const definitionOf = (maxRecordKiB: number): TableDefinition =>
  parseDefinition(
    `table: plain
database: test
source: { topic: plain }
columns:
  - { name: at, type: timestamp, required: true }
  - { name: n, type: bigint }
  - { name: text, type: string }
event_time: { column: at, accept_past: 2d, accept_future: 1h }
limits: { max_record_bytes: ${maxRecordKiB}KiB }
`,
    'plain.yaml',
  );

let decoding: BatchDecoding;
beforeAll(async () => {
  decoding = await BatchDecoding.open(definitionOf(600));
});
afterAll(() => decoding.close());

const valueOf = (n: number, further = '', hour = 5): string => `{"at":"2026-03-09T0${hour}:00:00Z","n":${n}${further}}`;
const plain = (count: number): BuiltRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: `k${n}`, value: valueOf(n), timestampDelta: n % 1000 }));
const decoded = (batch: Omit<BuiltBatch, 'baseOffset'>, options?: DecodingOptions): Promise<DecodedBatches> =>
  decoding.agreed(buildBatch({ ...BASE, ...batch }), options);
/** Records with one of them exchanged. */
const withOne = (count: number, place: number, record: BuiltRecord): BuiltRecord[] => plain(count).with(place, record);

describe('plain records of a batch', () => {
  it('become rows, none of them offered by itself, over several chunks of rows', async () => {
    const { rows, left, offeredSingly } = await decoded({ records: plain(3 * CHUNK_ROWS + 7) });
    expect(rows).toHaveLength(3 * CHUNK_ROWS + 7);
    expect([left, offeredSingly]).toEqual([[], 0]);
    expect(rows[1]).toContain('"kafka_partition":4');
  });

  it('are taken with any key, with headers, and with numbers that are longer than need be', async () => {
    const value = valueOf(1);
    const records: BuiltRecord[] = [
      { value },
      { key: '', value },
      { key: 'k'.repeat(5_000), value },
      { key: 'k', value, headers: [] },
      {
        key: 'k',
        value,
        headers: [
          ['name', 'text'],
          ['', null],
          ['h'.repeat(300), 'v'.repeat(3_000)],
        ],
      },
      ...[2, 3, 4, 5, 6, 8].map((leastVarintBytes) => ({ key: 'k', value, leastVarintBytes, timestampDelta: -1 })),
      { value },
    ];
    const { rows, offeredSingly } = await decoded({ records });
    expect([rows.length, offeredSingly]).toEqual([records.length, 0]);
  });

  it('are taken at their times: before the first one’s, far from it, or as the broker stamped them', async () => {
    const deltas = [0, -1, -63, -64, -65, 63, 64, 8191, 8192, -86_400_000, 86_400_000, 2 ** 40, -(2 ** 52), 2 ** 51];
    const records = deltas.map((timestampDelta, n) => ({ value: valueOf(n), timestampDelta }));
    expect((await decoded({ records })).rows).toHaveLength(10);
    const { rows } = await decoded({ records, appendTimestampMs: BigInt(PRODUCED_AT_MS + 5) });
    expect(rows).toHaveLength(deltas.length);
  });

  it('are judged at times that are no exact numbers as ever', async () => {
    const deltas = [2 ** 52, 2 ** 53, -(2 ** 53), 2 ** 60, 2 ** 70, 0];
    const records = deltas.map((timestampDelta, n) => ({
      value: valueOf(n),
      timestampDelta,
      leastVarintBytes: n < 4 ? 1 : n + 6,
    }));
    expect((await decoded({ records })).rows).toHaveLength(1);
    // The one that is read as if it were positive.
    expect((await decoded({ records, baseTimestampMs: BigInt(PRODUCED_AT_MS - 2 ** 53) })).rows).toHaveLength(2);
    const { rows } = await decoded({ records, appendTimestampMs: BigInt(PRODUCED_AT_MS) });
    expect(rows).toHaveLength(deltas.length);
  });

  it('are taken up to the last offset that is an exact number', async () => {
    const bytes = buildBatch({ ...BASE, baseOffset: 2n ** 53n - 5n, records: plain(10) });
    expect((await decoding.agreed(bytes)).rows).toHaveLength(5);
    const beyond = buildBatch({ ...BASE, baseOffset: 2n ** 60n + 1n, records: plain(3) });
    expect((await decoding.agreed(beyond)).rows).toEqual([]);
  });

  it('are taken of the range alone, by their offsets', async () => {
    const records = plain(500).map((record, n) => ({ ...record, delta: 3 * n }));
    const of = (startOffset: bigint, endOffset: bigint): Promise<DecodedBatches> =>
      decoded({ records, lastOffsetDelta: 1_600 }, { range: { startOffset, endOffset } });
    expect((await of(130n, 1_000n)).rows).toHaveLength(290);
    expect((await of(0n, 101n)).rows).toHaveLength(1);
    expect((await of(1_598n, 1_600n)).rows).toEqual([]);
    const negative = [-7, 0, 5, 5, 2].map((delta) => ({ value: valueOf(1), delta }));
    expect((await decoded({ records: negative, lastOffsetDelta: 5 }, { range: FROM_BASE })).rows).toHaveLength(4);
  });

  it('are taken in order with those of several hours between them', async () => {
    const records = Array.from({ length: 5_000 }, (_, n) => ({
      value: valueOf(n, '', n % 1_000 < 900 ? 1 + Math.floor(n / 1_000) : n % 6),
    }));
    const { rows, periods, offeredSingly } = await decoded({ records });
    expect([rows.length, periods.length, offeredSingly]).toEqual([5_000, 6, 0]);
  });
});

describe('a record that is not plain', () => {
  const kinds: (string | null)[] = [null, '', 'text', '{}', '{"at":', '[1]', valueOf(1, ',"text":"\\n"'), '{"a":\n1}'];

  it.each(kinds)('%j is left, and no other', async (value) => {
    for (const place of [0, 50, 99]) {
      const { rows, left, offeredSingly } = await decoded({ records: withOne(100, place, { key: 'k', value }) });
      expect([rows.length, left.length, offeredSingly]).toEqual([99, 1, 0]);
    }
  });

  it('is left wherever there are several', async () => {
    const records = plain(3_000).map((record, n) => (n % 7 < 3 ? { ...record, value: kinds[n % 8] ?? null } : record));
    const { rows, left, offeredSingly } = await decoded({ records });
    expect([rows.length, offeredSingly]).toEqual([3_000 - 1_287, 0]);
    expect(left).not.toEqual([]);
  });

  it.each([600, 20])('is one that is longer than %i KiB, the table’s limit', async (limitKiB) => {
    const limited = await BatchDecoding.open(definitionOf(limitKiB));
    onTestFinished(() => limited.close());
    const longest = limitKiB * 1024 - Buffer.byteLength(valueOf(1, ',"text":""'));
    for (const [length, taken] of [
      [longest, 10],
      [longest + 1, 9],
    ] as const) {
      const records = withOne(10, 5, { value: valueOf(1, `,"text":"${'x'.repeat(length)}"`) });
      expect((await limited.agreed(buildBatch({ ...BASE, records }))).rows).toHaveLength(taken);
    }
  });

  it('is any, once as much is kept as may be', async () => {
    const { rows, left } = await decoded({ records: plain(5_000) }, { maxKeptBytes: 1 });
    expect(rows).toHaveLength(CHUNK_ROWS);
    expect(left).toMatchObject([{ rowCount: 5_000 - CHUNK_ROWS }]);
  });
});

describe('a field that no column takes', () => {
  it('is counted where its name is new in the midst of a batch, and left where it may be a column’s', async () => {
    const further = ['', ',"new":1', ',"N":1', ',"~o":1', ',"other":[{}],"new":null'];
    const records = Array.from({ length: 500 }, (_, n) => ({ value: valueOf(n, further[Math.floor(n / 10) % 5]) }));
    const { rows, unknown, offeredSingly } = await decoded({ records });
    expect([rows.length, offeredSingly]).toEqual([300, 0]);
    expect(Object.fromEntries(unknown)).toEqual({ new: 200, other: 100 });
  });

  it('is left where there are too many names', async () => {
    const records = Array.from({ length: 1_100 }, (_, n) => ({ value: valueOf(n, `,"f${n}":1`) }));
    expect((await decoded({ records })).rows).toHaveLength(1_000);
  });
});

describe('a batch that does not fit in the window', () => {
  it('is taken piece by piece, wherever its records lie', async () => {
    for (const shift of [0, 1, 7, 60, 61]) {
      const records = [{ key: 'k'.repeat(shift), value: valueOf(0) }, ...plain(8_000)];
      const { rows, offeredSingly } = await decoded({ records });
      expect([rows.length, offeredSingly]).toEqual([8_001, 0]);
    }
  });

  it('ends with the window, and one byte before and behind it', async () => {
    const overheadBytes = buildBatch({
      ...BASE,
      records: [{ key: Buffer.alloc(WINDOW_BYTES / 2), value: valueOf(1) }],
    }).length;
    for (const more of [-40, -2, -1, 0, 1, 2, 40]) {
      const key = Buffer.alloc(WINDOW_BYTES - overheadBytes + RECORDS_AT + WINDOW_BYTES / 2 + more);
      const records = [{ key, value: valueOf(1) }, ...plain(3)];
      expect((await decoded({ records })).rows).toHaveLength(4);
    }
  });

  it('has records larger than the window, which are offered by themselves', async () => {
    const large = 'x'.repeat(WINDOW_BYTES + 10);
    const records: BuiltRecord[] = plain(40);
    records[3] = { key: large, value: valueOf(3) };
    records[4] = { key: large, value: 'not plain' };
    records[9] = { value: valueOf(9), headers: [['large', large]] };
    records[20] = { value: valueOf(20, `,"text":"${large}"`) };
    records[39] = { key: large, value: null };
    const { rows, offeredSingly } = await decoded({ records });
    expect([rows.length, offeredSingly]).toEqual([38, 5]);
  });

  it.each(['gzip', 'zstd'] as const)('is taken of %s too', async (codec) => {
    expect((await decoded({ records: plain(6_000), codec })).rows).toHaveLength(6_000);
  });
});

describe('a malformed batch', () => {
  const records = [...plain(3), { key: 'k', value: null }, ...plain(1)];
  const data = buildBatch({ ...BASE, records }).subarray(RECORDS_AT);

  it('fails where it is cut off, with what is said of the record', async () => {
    for (let length = 0; length < data.length; length++) {
      const { failure } = await decoded({ records, data: data.subarray(0, length) });
      expect(failure).toMatchObject({ code: 'RECORD_BATCH_CORRUPT' });
    }
  });

  it.each([
    ['a key that is too long', [16, 0, 0, 0, 60, 2, 0x61, 0, 0]],
    ['a key of 2^30 bytes', [22, 0, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x08, 2, 0x61, 0]],
    ['a value of 2^31 - 1 bytes', [22, 0, 0, 0, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x61, 0]],
    ['a value that is too long', [14, 0, 0, 0, 1, 60, 0x61, 0]],
    ['no count of headers', [10, 0, 0, 0, 1, 1]],
    ['a negative length', [3, 0, 0, 0, 1, 2, 0x61, 0]],
    ['deltas beyond its end', [12, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 1, 1, 0]],
    ['a number without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])('fails where a record has %s, and is wanted', async (_, bytes) => {
    const malformed = { records, data: Buffer.concat([data, Buffer.from(bytes), Buffer.from(data)]), recordCount: 10 };
    expect((await decoded(malformed)).failure).toMatchObject({ code: 'RECORD_BATCH_CORRUPT' });
    await decoded(malformed, { range: { startOffset: 101n, endOffset: 200n } });
    await decoded(malformed, { range: { startOffset: 0n, endOffset: 100n } });
  });

  it('is judged by all its bytes where a number leads out of a record, and of the window', async () => {
    const bytesOf = (of: BuiltRecord[]): Buffer => buildBatch({ ...BASE, records: of }).subarray(RECORDS_AT);
    const emptyBytes = bytesOf([{ key: Buffer.alloc(WINDOW_BYTES / 2) }]).length - WINDOW_BYTES / 2;
    const leadsOut = Buffer.from([12, 0, 0, 0x80, 0x80, 0x80, 0x80]);
    const first = bytesOf([{ key: Buffer.alloc(WINDOW_BYTES - leadsOut.length - emptyBytes) }]);
    const last = bytesOf(plain(9).map((record, n) => ({ ...record, delta: n + 2 })));
    const bytes = { data: Buffer.concat([first, leadsOut, last]), records, recordCount: 11 };
    const { rows, failure } = await decoded(bytes, { range: { startOffset: 101n, endOffset: 5_000n } });
    expect([rows, failure]).toEqual([[], undefined]);
  });

  it('fails in a later window as in the first, after the rows before it', async () => {
    const whole = buildBatch({ ...BASE, records: plain(5_000) }).subarray(RECORDS_AT);
    const { rows, failure } = await decoded({ records: plain(5_000), data: whole.subarray(0, -1) });
    expect(rows).toHaveLength(4_999);
    expect(failure).toMatchObject({ message: expect.stringContaining('record 4999 has the length') as string });
  });

  it('fails where there are fewer records than it says, and ends where there are more', async () => {
    expect((await decoded({ records, data, recordCount: 6 })).failure).toMatchObject({ code: 'RECORD_BATCH_CORRUPT' });
    expect(await decoded({ records, data, recordCount: 2 })).toMatchObject({ failure: undefined, left: [] });
    expect(await decoded({ records, data, recordCount: -1 })).toMatchObject({ failure: undefined, rows: [] });
  });
});

it('makes of any batch what it makes of its records one by one', async () => {
  const batches = new RandomBatches(new Random('batches'), BASE);
  let [taken, left, failed] = [0, 0, 0];
  for (let round = 0; round < 40; round++) {
    const found = await decoding.agreed(batches.next(), batches.options());
    taken += found.rows.length;
    left += found.left.reduce((sum, { copies }) => sum + copies.length, 0);
    if (found.failure !== undefined) failed++;
  }
  expect(taken).toBeGreaterThan(10_000);
  expect(left).toBeGreaterThan(900);
  expect(failed).toBeGreaterThan(3);
  expect(failed).toBeLessThan(20);
});
