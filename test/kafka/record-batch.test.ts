import { describe, expect, it } from 'vitest';
import { CODECS } from '../../kafka/compression.ts';
import { forEachRecordOf, readRecordBatches, type DecodeOptions, type RecordBatch } from '../../kafka/record-batch.ts';
import { buildBatch } from './batch-builder.ts';
import { JAVA_BATCHES } from './java-batches.ts';

const NO_END = 2n ** 62n;

function batchesOf(...parts: Buffer[]): readonly RecordBatch[] {
  return readRecordBatches(Buffer.concat(parts), NO_END).batches;
}

function recordsOf(batch: RecordBatch | undefined, options: DecodeOptions = {}): unknown[] {
  if (!batch) throw new Error('there is no batch');
  const records: unknown[] = [];
  forEachRecordOf(batch, options, (record) => {
    const [key, value] = [record.copyKey(), record.copyValue()];
    records.push([record.offset, key?.toString() ?? null, value?.toString() ?? null]);
  });
  return records;
}

describe('batches written by another implementation', () => {
  it.each(CODECS)('reads the records of a %s batch', (codec) => {
    const [batch] = batchesOf(JAVA_BATCHES[codec]);
    expect(batch).toMatchObject({ codec, baseOffset: 0n, lastOffset: 7n, recordCount: 8, isControl: false });
    expect(recordsOf(batch)).toEqual([
      [0n, 'k1', '{"a":1,"text":"Grüße 😀"}'],
      [1n, 'k2', null],
      ...[0, 1, 2, 3, 4, 5].map((n) => [BigInt(n + 2), 'k', `{"a":${n},"repeat":"${'ab'.repeat(12)}"}`]),
    ]);
  });

  it.each(CODECS)('refuses a %s batch that expands beyond the limit', (codec) => {
    const [batch] = batchesOf(JAVA_BATCHES[codec]);
    const decode = () => recordsOf(batch, { maxDecompressedBytes: 200 });
    if (codec === 'none') expect(decode).not.toThrow();
    else expect(decode).toThrow(expect.objectContaining({ code: 'RECORD_TOO_LARGE' }));
  });

  it.each(CODECS)('notices each damaged byte after the checksum of a %s batch', (codec) => {
    const whole = JAVA_BATCHES[codec];
    for (let at = 17; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
      expect(() => batchesOf(damaged)).toThrow(expect.objectContaining({ code: 'RECORD_BATCH_CORRUPT' }));
    }
  });
});

describe('which batches there are', () => {
  const first = buildBatch({ baseOffset: 10n, records: [{ value: 'a' }, { value: 'b' }] });
  const second = buildBatch({ baseOffset: 12n, records: [{ value: 'c' }], lastOffsetDelta: 7 });

  it('leaves out a batch that is cut off, wherever that is', () => {
    for (let length = 0; length < second.length; length++) {
      const found = readRecordBatches(Buffer.concat([first, second.subarray(0, length)]), NO_END);
      expect(found).toMatchObject({ nextOffset: 12n, sizeBytes: first.length });
      expect(found.batches).toHaveLength(1);
    }
    expect(readRecordBatches(first.subarray(0, 40), NO_END)).toEqual({
      batches: [],
      nextOffset: undefined,
      sizeBytes: 0,
    });
  });

  it('goes on after the last offset of a compacted batch, and stops at the first batch beyond the end', () => {
    const third = buildBatch({ baseOffset: 30n, records: [{ value: 'd' }] });
    const all = Buffer.concat([first, second, third]);
    expect(readRecordBatches(Buffer.concat([first, second]), NO_END).nextOffset).toBe(20n);
    expect(readRecordBatches(all, 30n)).toMatchObject({ nextOffset: 30n, batches: [{}, {}] });
    expect(readRecordBatches(all, 25n)).toMatchObject({ nextOffset: 30n, batches: [{}, {}] });
  });

  it('takes a batch that compaction has emptied', () => {
    const empty = buildBatch({ baseOffset: 40n, records: [], lastOffsetDelta: 4 });
    const found = readRecordBatches(empty, NO_END);
    expect(found.nextOffset).toBe(45n);
    expect(recordsOf(found.batches[0])).toEqual([]);
  });

  it('refuses the message formats before 2, and sizes that cannot be', () => {
    const old = Buffer.from(first);
    old.writeInt8(1, 16);
    expect(() => batchesOf(old)).toThrow(expect.objectContaining({ code: 'KAFKA_PROTOCOL' }));
    const small = Buffer.from(first);
    small.writeInt32BE(-5, 8);
    expect(() => batchesOf(small)).toThrow(expect.objectContaining({ code: 'RECORD_BATCH_CORRUPT' }));
  });
});

describe('which records there are', () => {
  it('visits those inside the wanted offsets, by delta and not by count', () => {
    const records = [2, 5, 6, 9].map((delta) => ({ delta, value: String(delta) }));
    const [batch] = batchesOf(buildBatch({ baseOffset: 100n, records, lastOffsetDelta: 9 }));
    const offsets = (options: DecodeOptions) => recordsOf(batch, options).map((record) => (record as bigint[])[0]);
    expect(offsets({})).toEqual([102n, 105n, 106n, 109n]);
    expect(offsets({ startOffset: 103n, endOffset: 109n })).toEqual([105n, 106n]);
    expect(offsets({ startOffset: 107n, endOffset: 109n })).toEqual([]);
  });

  it('tells null from empty, for keys and values', () => {
    const records = [{ key: null, value: '' }, { key: '', value: null }, {}];
    expect(recordsOf(batchesOf(buildBatch({ baseOffset: 0n, records }))[0])).toEqual([
      [0n, null, ''],
      [1n, '', null],
      [2n, null, null],
    ]);
  });

  it('reads offsets beyond 2^53 exactly', () => {
    const baseOffset = 2n ** 60n + 1n;
    const [batch] = batchesOf(buildBatch({ baseOffset, records: [{ value: 'x' }, { value: 'y' }] }));
    expect(recordsOf(batch)).toEqual([
      [baseOffset, null, 'x'],
      [baseOffset + 1n, null, 'y'],
    ]);
  });

  it("takes the producer's times with any delta, or the broker's where it stamps", () => {
    const timesOf = (bytes: Buffer): number[] => {
      const times: number[] = [];
      const [batch] = batchesOf(bytes);
      if (batch) forEachRecordOf(batch, {}, ({ timestampMs }) => times.push(timestampMs));
      return times;
    };
    const deltas = [0, 63, 64, -5, 3_000_000_000, -3_000_000_000, 2 ** 45];
    const records = deltas.map((timestampDelta) => ({ timestampDelta, value: 'x' }));
    const baseTimestampMs = 1_790_000_000_000n;
    expect(timesOf(buildBatch({ baseOffset: 0n, records, baseTimestampMs }))).toEqual(
      deltas.map((delta) => Number(baseTimestampMs) + delta),
    );
    expect(timesOf(buildBatch({ baseOffset: 0n, records, appendTimestampMs: 7n }))).toEqual(deltas.map(() => 7));
  });

  it('refuses records whose lengths do not add up, though the checksum holds', () => {
    const valueTooLong = Buffer.from([14, 0, 0, 0, 1, 60, 0x61, 0]);
    const recordTooLong = Buffer.from([120, 0, 0, 0, 1, 2, 0x61, 0]);
    const keyTooLong = Buffer.from([14, 0, 0, 0, 60, 2, 0x61, 0]);
    const negative = Buffer.from([3, 0, 0, 0, 1, 2, 0x61, 0]);
    for (const data of [valueTooLong, recordTooLong, keyTooLong, negative, Buffer.alloc(0), Buffer.from([0xff])]) {
      const [batch] = batchesOf(buildBatch({ baseOffset: 0n, records: [], data, recordCount: 1, lastOffsetDelta: 0 }));
      expect(() => recordsOf(batch)).toThrow(expect.objectContaining({ code: 'RECORD_BATCH_CORRUPT' }));
    }
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('refuses %s data that cannot be expanded', (codec) => {
    const built = buildBatch({
      baseOffset: 3n,
      records: [],
      recordCount: 1,
      codec,
      data: Buffer.from('not compressed'),
    });
    const [batch] = batchesOf(built);
    expect(() => recordsOf(batch)).toThrow(expect.objectContaining({ code: 'RECORD_BATCH_CORRUPT' }));
  });

  it('lets what a visitor throws through', () => {
    const [batch] = batchesOf(buildBatch({ baseOffset: 0n, records: [{ value: 'x' }] }));
    const mine = new Error('mine');
    const visit = (): never => {
      throw mine;
    };
    expect(() => batch && forEachRecordOf(batch, {}, visit)).toThrow(mine);
  });
});
