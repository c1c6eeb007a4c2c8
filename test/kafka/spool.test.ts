import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHeld } from '../../kafka/held-records.ts';
import { readRecordBatches } from '../../kafka/record-batch.ts';
import { RecordChunk } from '../../kafka/record-chunk.ts';
import { ReadBudget } from '../../kafka/read-budget.ts';
import type { RecordTaker } from '../../kafka/record-taker.ts';
import { Spool, type CopiedRecord, type SpoolSegment } from '../../kafka/spool.ts';
import { buildBatch, type BuiltBatch, type BuiltRecord } from './batch-builder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-spool-'));
});
afterEach(async () => rm(folder, { recursive: true }));

function chunkOf(built: readonly BuiltBatch[], range = { startOffset: 0n, endOffset: 2n ** 62n }): RecordChunk {
  const bytes = Buffer.concat(built.map(buildBatch));
  const { batches, nextOffset = 0n, sizeBytes } = readRecordBatches(bytes, 2n ** 62n);
  return new RecordChunk({ partition: 2, ...range }, batches, { nextOffset, sizeBytes }, { bytes });
}

async function spooled(chunk: RecordChunk, segmentMaxBytes?: number): Promise<SpoolSegment[]> {
  const spool = new Spool({ folder, ...(segmentMaxBytes === undefined ? {} : { segmentMaxBytes }) });
  await spool.add(chunk);
  return spool.segments;
}

async function spoolValues(values: (string | Buffer | null)[]): Promise<{ segment: SpoolSegment; lines: string[] }> {
  const records: BuiltRecord[] = values.map((value, index) => ({ key: `k${index}`, value, timestampDelta: index }));
  const [segment] = await spooled(chunkOf([{ baseOffset: 5n, records, baseTimestampMs: 1_790_000_000_000n }]));
  if (!segment) throw new Error('nothing was spooled');
  const text = await readFile(segment.path, 'utf8');
  return { segment, lines: text.split('\n').slice(0, -1) };
}

function copies(segment: SpoolSegment): CopiedRecord[] {
  const found: CopiedRecord[] = [];
  segment.records((record) => found.push(record));
  return found;
}

describe('a line', () => {
  it('is the object with its origin first', async () => {
    const { lines, segment } = await spoolValues(['{"a":1}', '{ "b" : [1, {"c":null}] }', '{"g":"Grüße 😀 \\n"}']);
    expect(lines).toEqual([
      '{"~o":5,"~t":1790000000000,"a":1}',
      '{"~o":6,"~t":1790000000001,"b" : [1, {"c":null}] }',
      '{"~o":7,"~t":1790000000002,"g":"Grüße 😀 \\n"}',
    ]);
    expect(segment).toMatchObject({ partition: 2, rowCount: 3, firstOffset: 5n, lastOffset: 7n, odd: [] });
  });

  it('has no comma for an empty object, however it is written', async () => {
    const { lines } = await spoolValues(['{}', '{   }', ' {\t} ', '{\n}']);
    expect(lines.slice(0, 3)).toEqual([
      '{"~o":5,"~t":1790000000000}',
      '{"~o":6,"~t":1790000000001}',
      '{"~o":7,"~t":1790000000002}',
    ]);
  });

  it('takes space around the object, line breaks included, as JSON does', async () => {
    const { lines, segment } = await spoolValues([' \t\r\n{"a":1}', '{"a":2}\r\n', '{"a":3}\n\n ']);
    expect(segment.odd).toEqual([]);
    expect(lines.map((line) => (JSON.parse(line) as { a: number }).a)).toEqual([1, 2, 3]);
  });

  it('keeps what is no JSON after the brace as it is, for the engine to refuse', async () => {
    const { lines } = await spoolValues(['{', '{"a":', '{"a":1} {"b":2}', '{}x']);
    expect(lines).toEqual([
      '{"~o":5,"~t":1790000000000,',
      '{"~o":6,"~t":1790000000001,"a":',
      '{"~o":7,"~t":1790000000002,"a":1} {"b":2}',
      '{"~o":8,"~t":1790000000003}x',
    ]);
    for (const line of lines) expect(() => void JSON.parse(line)).toThrow();
  });

  it('keeps bytes that are no UTF-8', async () => {
    const value = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('"}')]);
    const { segment } = await spoolValues([value]);
    expect((await readFile(segment.path)).includes(Buffer.from([0xff, 0xfe, 0x00]))).toBe(true);
  });

  it.each([
    [0n, -1n],
    [9n, 0n],
    [10n, 99_999_999n],
    [99_999_999n, 100_000_000n],
    [100_000_000n, 1_790_000_000_007n],
    [1_234_567_890_123n, 9_999_999_999_999n],
    [2n ** 53n - 1n, 5n],
    [2n ** 53n + 1n, 5n],
    [2n ** 62n - 7n, 5n],
  ])('writes offset %s and timestamp %s exactly', async (baseOffset, baseTimestampMs) => {
    const [segment] = await spooled(chunkOf([{ baseOffset, baseTimestampMs, records: [{ value: '{"a":1}' }] }]));
    const line = await readFile(segment?.path ?? '', 'utf8');
    expect(line).toBe(`{"~o":${baseOffset},"~t":${baseTimestampMs},"a":1}\n`);
  });
});

describe('odd records', () => {
  const odd: (string | null)[] = [null, '', '   ', '\n', '[1]', '"text"', '12', 'x{"a":1}', '{"a":\n1}', '{"a":"\r"}'];

  it('are listed with their original bytes, and not spooled', async () => {
    const { segment, lines } = await spoolValues(['{"a":1}', ...odd, '{"a":2}']);
    expect(lines).toHaveLength(2);
    expect(segment.odd).toEqual(
      odd.map((value, index) => ({
        offset: BigInt(6 + index),
        timestampMs: 1_790_000_000_001 + index,
        key: Buffer.from(`k${index + 1}`),
        value: value === null ? null : Buffer.from(value),
      })),
    );
  });

  it('are copies, and come again with all records', async () => {
    const { segment } = await spoolValues(['{"a":1}', 'odd', '{"a":2}']);
    const twice = [copies(segment), copies(segment)];
    for (const records of twice) {
      expect(records.map(({ offset, value }) => [offset, value?.toString()])).toEqual([
        [5n, '{"a":1}'],
        [6n, 'odd'],
        [7n, '{"a":2}'],
      ]);
    }
  });

  it('make a segment with an empty file where there is nothing else', async () => {
    const { segment, lines } = await spoolValues([null]);
    expect(lines).toEqual([]);
    expect(segment).toMatchObject({ rowCount: 0, firstOffset: 5n, lastOffset: 5n });
  });

  it('are found wherever a line break lies: in it, in a key, or in the next record', async () => {
    const records = Array.from({ length: 500 }, (_, index) => ({
      key: index % 3 === 0 ? '\n\r' : 'kkkkk',
      value: index % 7 === 0 ? `{"n":\n${index}}` : index % 11 === 0 ? `{"n":${index}\r}` : `{"n":${index}}`,
    }));
    const [segment] = await spooled(chunkOf([{ baseOffset: 0n, records, codec: 'zstd' }]));
    const isOdd = (index: number): boolean => index % 7 === 0 || index % 11 === 0;
    expect(segment?.odd.map(({ offset }) => Number(offset))).toEqual([...records.keys()].filter(isOdd));
    const lines = (await readFile(segment?.path ?? '', 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
      [...records.keys()].filter((index) => !isOdd(index)),
    );
  });
});

describe('segments', () => {
  const batches = [0n, 10n, 20n, 30n].map((baseOffset) => ({
    baseOffset,
    records: Array.from({ length: 10 }, (_, n) => ({
      value: `{"n":${baseOffset + BigInt(n)},"x":"${'x'.repeat(200)}"}`,
    })),
  }));

  it('are numbered, end with the batch that fills them, and hold their own records only', async () => {
    const segments = await spooled(chunkOf(batches), 4_000);
    expect(await readdir(folder)).toEqual(['p2-0.ndjson', 'p2-1.ndjson']);
    expect(segments.map(({ rowCount, firstOffset, lastOffset }) => [rowCount, firstOffset, lastOffset])).toEqual([
      [20, 0n, 19n],
      [20, 20n, 39n],
    ]);
    expect(segments.flatMap((segment) => copies(segment).map(({ offset }) => Number(offset)))).toEqual([
      ...Array(40).keys(),
    ]);
  });

  it('count odd records towards their size', async () => {
    const odd = batches.map((batch) => ({ ...batch, records: batch.records.map(() => ({ value: 'y'.repeat(200) })) }));
    expect(await spooled(chunkOf(odd), 1_999)).toHaveLength(4);
  });

  it('hold the range and no more', async () => {
    const chunk = chunkOf(batches, { startOffset: 7n, endOffset: 33n });
    expect(chunk.rowCount).toBe(26);
    const [segment] = await spooled(chunk);
    expect(segment).toMatchObject({ rowCount: 26, firstOffset: 7n, lastOffset: 32n });
  });

  it('are none where a chunk has no records', async () => {
    expect(await spooled(chunkOf([]))).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('take a record that is larger than the limit', async () => {
    const value = `{"x":"${'x'.repeat(3_000_000)}"}`;
    const [segment] = await spooled(chunkOf([{ baseOffset: 0n, records: [{ value }, { value: '{"a":1}' }] }]), 1_000);
    const expected = [`{"~o":0,"~t":1000,${value.slice(1)}\n`, '{"~o":1,"~t":1000,"a":1}\n'].join('');
    expect((await readFile(segment?.path ?? '', 'utf8')) === expected).toBe(true);
    expect(segment?.rowCount).toBe(2);
  });
});

describe('a budget', () => {
  const batchOf = (baseOffset: bigint, value: string): BuiltBatch => ({ baseOffset, records: [{ value }, { value }] });
  const line = `{"x":"${'x'.repeat(500)}"}`;

  it('ends reading with the first record batch that does not fit, of all ranges together', async () => {
    const budget = new ReadBudget(2_500);
    const one = new Spool({ folder, budget });
    expect(await one.add(chunkOf([batchOf(0n, line), batchOf(2n, line)]))).toBeUndefined();
    expect(budget.isExceeded).toBe(false);
    const other = new Spool({ folder, budget });
    expect(await other.add(chunkOf([batchOf(10n, line), batchOf(12n, line)]))).toBe(10n);
    expect(budget.isExceeded).toBe(true);
    expect(await one.add(chunkOf([batchOf(4n, line)]))).toBe(4n);
  });

  it('always admits the first record batch, however large', async () => {
    const spool = new Spool({ folder, budget: new ReadBudget(10) });
    expect(await spool.add(chunkOf([batchOf(0n, line), batchOf(2n, line)]))).toBe(2n);
  });

  it('counts what odd records expand to, since they are kept in memory', async () => {
    const odd = { ...batchOf(0n, 'y'.repeat(100_000)), codec: 'zstd' } as const;
    const budget = new ReadBudget(150_000);
    const spool = new Spool({ folder, budget });
    expect(await spool.add(chunkOf([odd]))).toBeUndefined();
    expect(budget.usedBytes).toBeGreaterThan(200_000);
    const [segment] = spool.segments;
    expect(segment?.sizeBytes).toBeGreaterThan(200_000);
  });
});

describe('a value that is too long', () => {
  it('is odd, one byte shorter is a line', async () => {
    const value = `{"x":"${'x'.repeat(92)}"}`;
    const spool = new Spool({ folder, maxRecordBytes: value.length - 1 });
    await spool.add(chunkOf([{ baseOffset: 0n, records: [{ value }, { value: value.replace('xx', 'x') }] }]));
    const [segment] = spool.segments;
    expect(segment?.rowCount).toBe(1);
    expect(segment?.odd.map(({ offset }) => offset)).toEqual([0n]);
  });
});

describe('the fetched bytes', () => {
  const values = Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, value: `{"n":${n}}`, timestampDelta: n }));
  const chunk = (): RecordChunk => chunkOf([{ baseOffset: 5n, records: values, baseTimestampMs: 1_790_000_000_000n }]);
  const visitedIn = (of: RecordChunk): number => {
    let visited = 0;
    of.forEachRecord(() => visited++);
    return visited;
  };

  it('are freed where every record was taken', async () => {
    const taken = chunk();
    const { segments } = await addedTo(taken, () => true);
    expect(segments).toEqual([]);
    expect(() => visitedIn(taken)).toThrow('after its bytes had been freed');
  });

  it('stay while a segment needs them', async () => {
    const kept = chunk();
    const { segments } = await addedTo(kept, ({ offset }) => offset !== 7n);
    expect(segments.map(copies).map((records) => records.map(({ value }) => value?.toString()))).toEqual([['{"n":2}']]);
    expect(visitedIn(kept)).toBe(200);
  });

  async function addedTo(added: RecordChunk, take: RecordTaker['take']): Promise<Spool> {
    const spool = new Spool({ folder, taker: { take } });
    await spool.add(added);
    return spool;
  }
});

describe('a taker of whole batches', () => {
  const batches = [5n, 105n].map((baseOffset) => ({
    baseOffset,
    records: Array.from({ length: 100 }, (_, n) => ({ key: `k${n}`, value: n % 9 === 0 ? null : `{"n":${n}}` })),
  }));
  /** Passes over up to ten records at a time, and leaves the one behind them. */
  const taker: RecordTaker = {
    take: () => {
      throw new Error('a record was offered by itself');
    },
    takeBatch: (records, partition, leave) => {
      expect(partition).toBe(2);
      while (records.left > 0) {
        for (let taken = 0; taken < 10; taken++) records.next();
        const record = records.next();
        if (record !== undefined) leave(record);
      }
    },
  };

  it('is given each batch, and what it leaves is spooled, and comes again', async () => {
    const spool = new Spool({ folder, taker });
    await spool.add(chunkOf(batches));
    const left = [15n, 26n, 37n, 48n, 59n, 70n, 81n, 92n, 103n].flatMap((offset) => [offset, offset + 100n]);
    const [segment] = spool.segments;
    expect(segment && copies(segment).map(({ offset }) => offset)).toEqual(left.sort((a, b) => Number(a - b)));
    expect(segment && copies(segment)[0]?.key?.toString()).toBe('k10');
    expect(segment).toMatchObject({ firstOffset: 15n, lastOffset: 203n });
  });

  it('sees no more than the range', async () => {
    const spool = new Spool({ folder, taker });
    await spool.add(chunkOf(batches, { startOffset: 20n, endOffset: 111n }));
    const offsets = spool.segments.flatMap(copies).map(({ offset }) => offset);
    expect(offsets).toEqual([30n, 41n, 52n, 63n, 74n, 85n, 96n]);
  });

  it('is offered single records where they do not lie in a record batch', async () => {
    const records = [7n, 8n].map((offset) => ({ offset, timestampMs: 0, key: null, value: Buffer.from('{}') }));
    const offered: bigint[] = [];
    const take: RecordTaker['take'] = ({ offset }) => offered.push(offset) > 1;
    const spool = new Spool({ folder, taker: { ...taker, take } });
    const range = { partition: 2, startOffset: 0n, endOffset: 9n };
    async function* held(): AsyncGenerator<typeof records> {
      yield Promise.resolve(records);
    }
    for await (const chunk of readHeld(held, range, new AbortController().signal)) await spool.add(chunk);
    expect(offered).toEqual([7n, 8n]);
    expect(spool.segments.flatMap(copies).map(({ offset }) => offset)).toEqual([7n]);
  });
});
