import { INTEGER, VARCHAR } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { type RawChunk, VECTOR_ROWS } from '../../../engines/duckdb/kept-chunk.ts';
import { type KeptRows, KeptRowsFunction } from '../../../engines/duckdb/kept-rows.ts';
import { MAX_FREE_SLABS, Pieces, SLAB_BYTES, SlabMemory } from '../../../engines/duckdb/slab-memory.ts';

const COLUMNS = [
  { name: 'number', type: INTEGER },
  { name: 'a "text"', type: VARCHAR },
];

/** A chunk of rows: a number, and its text where there is one. */
function chunkOf(rows: readonly (readonly [number, string | null])[]): RawChunk {
  const numbers = new DataView(new ArrayBuffer(rows.length * 4));
  const strings = Buffer.alloc(rows.length * 16);
  const validity = Buffer.alloc(VECTOR_ROWS / 8, 0xff);
  const texts: Buffer[] = [];
  let textsBytes = 0;
  rows.forEach(([number, text], row) => {
    numbers.setInt32(row * 4, number, true);
    const bytes = Buffer.from(text ?? '');
    if (text === null) validity[row >> 3] = (validity[row >> 3] as number) & ~(1 << (row & 7));
    strings.writeUInt32LE(bytes.length, row * 16);
    if (bytes.length <= 12) {
      bytes.copy(strings, row * 16 + 4);
    } else {
      strings.writeUInt32LE(textsBytes, row * 16 + 8);
      texts.push(bytes);
      textsBytes += bytes.length;
    }
  });
  const columns = [
    { values: new Uint8Array(numbers.buffer), validity: undefined, hasTexts: false },
    { values: strings, validity, hasTexts: textsBytes > 0 },
  ];
  return { rows: rows.length, columns, texts: Buffer.concat(texts) };
}

function add(kept: KeptRows, period: number, rows: readonly (readonly [number, string | null])[]): void {
  kept.add(period, chunkOf(rows));
}

describe('kept rows', () => {
  let session: DuckDbSession;
  let keptRows: KeptRowsFunction;
  beforeAll(async () => {
    session = await DuckDbSession.open();
    keptRows = KeptRowsFunction.register(session.connection);
  });
  afterAll(() => session.close());

  const select = async (kept: KeptRows, period: number): Promise<unknown[]> =>
    (await session.rows(`FROM ${kept.from(period)}`)).map((row) => Object.values(row));

  it('are read period by period, in the order in which they came', async () => {
    const kept = keptRows.keep(COLUMNS);
    add(kept, 7, [
      [1, 'one'],
      [2, null],
      [3, 'a text that is longer than twelve bytes'],
    ]);
    add(kept, 8, [[4, 'another text that is rather long']]);
    add(kept, 7, [
      [5, ''],
      [6, 'exactly12byt'],
      [7, 'thirteenbytes'],
    ]);
    expect(await select(kept, 7)).toEqual([
      ...[
        [1, 'one'],
        [2, null],
        [3, 'a text that is longer than twelve bytes'],
      ],
      ...[
        [5, ''],
        [6, 'exactly12byt'],
        [7, 'thirteenbytes'],
      ],
    ]);
    expect(await select(kept, 8)).toEqual([[4, 'another text that is rather long']]);
    expect(await select(kept, 9)).toEqual([]);
    kept.free();
  });

  it('are each reader’s own, on another session too', async () => {
    const [one, other] = [keptRows.keep(COLUMNS), keptRows.keep([{ name: 'only', type: INTEGER }])];
    add(one, 1, [[11, 'eleven']]);
    const { columns, ...chunk } = chunkOf([[12, '']]);
    other.add(1, { ...chunk, columns: columns.slice(0, 1) });
    const branch = await session.branch();
    expect(await branch.rows(`FROM ${other.from(1)}`)).toEqual([{ only: 12 }]);
    branch.close();
    expect(await session.rows(`FROM ${one.from(1)}`)).toEqual([{ number: 11, 'a "text"': 'eleven' }]);
    one.free();
    other.free();
  });

  it('come whole where they are many', async () => {
    const kept = keptRows.keep(COLUMNS);
    for (let chunk = 0; chunk < 40; chunk += 1) {
      const rows = Array.from(
        { length: VECTOR_ROWS },
        (_, row) => [chunk * VECTOR_ROWS + row, `text of row ${row}`] as const,
      );
      add(kept, 1, rows);
    }
    const [found] = await session.rows(
      `SELECT count(*)::INT AS rows, count(DISTINCT number)::INT AS numbers, count(DISTINCT "a ""text""")::INT AS texts FROM ${kept.from(1)}`,
    );
    expect(found).toEqual({ rows: 40 * VECTOR_ROWS, numbers: 40 * VECTOR_ROWS, texts: VECTOR_ROWS });
    kept.free();
  });

  it('are gone once they are freed, and their memory is used again', async () => {
    const kept = keptRows.keep(COLUMNS);
    add(kept, 1, [[1, 'one']]);
    const before = keptRows.memory.freeSlabs;
    const statement = `FROM ${kept.from(1)}`;
    kept.free();
    expect(keptRows.memory.freeSlabs).toBe(before + 1);
    await expect(session.rows(statement)).rejects.toThrow('Nothing is kept as');
    const next = keptRows.keep(COLUMNS);
    add(next, 1, [[2, 'two']]);
    expect(keptRows.memory.freeSlabs).toBe(before);
    expect(await select(next, 1)).toEqual([[2, 'two']]);
    next.free();
  });
});

describe('slab memory', () => {
  it('keeps no more for the next batch than a batch may have, and nothing that is larger than a slab', () => {
    const memory = new SlabMemory();
    const pieces = new Pieces(memory);
    for (let slab = 0; slab < MAX_FREE_SLABS + 3; slab += 1) pieces.copy(new Uint8Array(SLAB_BYTES));
    const large = pieces.copy(new Uint8Array(SLAB_BYTES + 1).fill(9));
    expect(new Uint8Array(large.memory, large.start, SLAB_BYTES + 1).every((byte) => byte === 9)).toBe(true);
    pieces.free();
    expect(memory.freeSlabs).toBe(MAX_FREE_SLABS);
    expect(large.memory.byteLength).toBe(0);
  });

  it('puts pieces side by side, each as it was', () => {
    const pieces = new Pieces(new SlabMemory());
    const made = [5, 1, 8].map((length) => pieces.copy(new Uint8Array(length).fill(length)));
    const found = made.map(({ memory, start }, index) => [...new Uint8Array(memory, start, [5, 1, 8][index])]);
    expect(found).toEqual([5, 1, 8].map((length) => Array.from({ length }, () => length)));
    expect(new Set(made.map(({ memory }) => memory)).size).toBe(1);
  });
});
