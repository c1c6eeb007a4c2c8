import { crc32 } from 'node:zlib';
import { parquetHeader } from 'hyparquet/src/column.js';
import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../definition/table-definition.ts';
import { type ColumnValues, maxBytes, minBytes } from '../../../engines/parquet/bounds.ts';
import { type HandWrittenColumn, handWrittenFile, MIDDLE_IS_NULL, NONE_IS_NULL } from './hand-written.ts';
import { askDuckDb, metadataByHyparquet, readByHyparquet } from './reading.ts';

type Value = ColumnValues[ColumnType];
interface PlainColumn {
  readonly type: ColumnType;
  /** A column's least and greatest value, which stand around a NULL: as bytes in PLAIN, and as they are given. */
  readonly body: string;
  readonly values: readonly [Value, Value];
  /** What DuckDB says of them, in rows and in statistics, and hyparquet. */
  readonly texts: readonly [string, string];
  readonly rows?: readonly [unknown, unknown];
  readonly hyparquet?: readonly [unknown, unknown];
}

const PLAIN_COLUMNS: readonly PlainColumn[] = [
  { type: 'string', body: '03000000 61c3a9 01000000 7a', values: ['aé', 'z'], texts: ['aé', 'z'] },
  { type: 'boolean', body: '02', values: [false, true], texts: ['false', 'true'], rows: [false, true] },
  {
    ...{ type: 'int', body: 'fbffffff ffffff7f', values: [-5, 2147483647] },
    ...{ texts: ['-5', '2147483647'], rows: [-5, 2147483647] },
  },
  {
    ...{ type: 'bigint', body: 'ffffffffffffdfff 0100000000002000', values: [-(2n ** 53n) - 1n, 2n ** 53n + 1n] },
    ...{ texts: ['-9007199254740993', '9007199254740993'], hyparquet: [-9007199254740993n, 9007199254740993n] },
  },
  {
    ...{ type: 'double', body: '000000000000e0bf 9c7500883ce4377e', values: [-0.5, 1e300] },
    ...{ texts: ['-0.5', '1e+300'], rows: [-0.5, 1e300] },
  },
  {
    ...{ type: 'timestamp', body: 'ffffffffffffffff f15ccf3afb600600', values: [-1n, 1_795_481_999_990_001n] },
    texts: ['1969-12-31 23:59:59.999999+00', '2026-11-24 00:59:59.990001+00'],
    hyparquet: [new Date(0), new Date('2026-11-24T00:59:59.990Z')],
  },
  {
    ...{ type: 'date', body: 'ffffffff 2d510000', values: [-1, 20_781], texts: ['1969-12-31', '2026-11-24'] },
    hyparquet: [new Date('1969-12-31'), new Date('2026-11-24')],
  },
];

function plainColumn({ type, body, values: [min, max] }: PlainColumn): HandWrittenColumn {
  return {
    ...{ name: type, type, nullCount: 1, min: minBytes(type, min), max: maxBytes(type, max) },
    pages: [{ values: 3, encoding: 'PLAIN', body: MIDDLE_IS_NULL + body }],
    ...(type === 'double' ? { nanCount: 0 } : {}),
  };
}

/** Around a NULL: rows by column. */
function rowsOf(pick: (column: PlainColumn) => readonly [unknown, unknown]): Record<string, unknown>[] {
  const row = (value: (column: PlainColumn) => unknown) =>
    Object.fromEntries(PLAIN_COLUMNS.map((column) => [column.type, value(column)]));
  return [row((column) => pick(column)[0]), row(() => null), row((column) => pick(column)[1])];
}

describe('a file with a column of each type', () => {
  const group = PLAIN_COLUMNS.map(plainColumn);
  const file = handWrittenFile([group, group]);

  it('is what DuckDB reads', async () => {
    const rows = rowsOf(({ rows, texts }) => rows ?? texts);
    expect(await askDuckDb(file, 'SELECT * FROM FILE')).toEqual([...rows, ...rows]);
  });

  it('is what hyparquet reads', async () => {
    const rows = rowsOf(({ hyparquet, rows, texts }) => hyparquet ?? rows ?? texts);
    expect(await readByHyparquet(file)).toEqual([...rows, ...rows]);
  });

  it('has the statistics that DuckDB reads', async () => {
    const found = await askDuckDb(
      file,
      `SELECT path_in_schema AS name, stats_min_value AS min, stats_max_value AS max, stats_min, stats_max,
         stats_null_count AS nulls, min_is_exact, max_is_exact, num_values, compression, encodings
       FROM parquet_metadata(FILE) ORDER BY row_group_id, column_id`,
    );
    const expected = PLAIN_COLUMNS.map(({ type, texts: [min, max] }) => ({
      ...{ name: type, min, max, stats_min: null, stats_max: null, nulls: '1', min_is_exact: true, max_is_exact: true },
      ...{ num_values: '3', compression: 'ZSTD', encodings: 'RLE, PLAIN' },
    }));
    expect(found).toEqual([...expected, ...expected]);
  });

  it('has its row groups passed over by DuckDB where their bounds say so', async () => {
    const lied = handWrittenFile([group.map((column) => ({ ...column, max: column.min }))]);
    const where = 'SELECT count(*) AS rows FROM FILE WHERE "int" > 0';
    expect(await askDuckDb(file, where)).toEqual([{ rows: '2' }]);
    expect(await askDuckDb(lied, where)).toEqual([{ rows: '0' }]);
  });

  it('has its pages where the footer says, with their checksums, and nothing between them', () => {
    let position = 4;
    for (const { columns } of metadataByHyparquet(file).row_groups) {
      for (const { meta_data } of columns) {
        const at = Number(meta_data?.data_page_offset);
        expect(at).toBe(position);
        const reader = { view: new DataView(file.buffer, file.byteOffset, file.byteLength), offset: at };
        const { compressed_page_size, uncompressed_page_size, crc = NaN } = parquetHeader(reader);
        const headerBytes = reader.offset - at;
        position = reader.offset + compressed_page_size;
        expect(crc32(file.subarray(reader.offset, position))).toBe(crc >>> 0);
        expect(Number(meta_data?.total_compressed_size)).toBe(position - at);
        expect(Number(meta_data?.total_uncompressed_size)).toBe(headerBytes + uncompressed_page_size);
      }
    }
    expect(position).toBe(file.length - 8 - file.readUInt32LE(file.length - 8));
  });
});

/** Page bodies of Encodings.md, each with the rows that it stands for. */
const ENCODED: readonly { readonly column: HandWrittenColumn; readonly rows: readonly unknown[] }[] = [
  {
    rows: ['disk', null, 'cpu', 'cpu', 'cpu', 'cpu', 'z', 'é', ''],
    column: {
      ...{ name: 'a', type: 'string', nullCount: 1, min: minBytes('string', ''), max: maxBytes('string', 'é') },
      dictionary: { values: 2, body: '03000000 637075 04000000 6469736b' },
      pages: [
        // Indexes of one bit: eight of them packed, then three that are the same.
        { values: 3, encoding: 'RLE_DICTIONARY', body: `${MIDDLE_IS_NULL} 01 03 01` },
        { values: 3, encoding: 'RLE_DICTIONARY', body: `${NONE_IS_NULL} 01 06 00` },
        { values: 3, encoding: 'PLAIN', body: `${NONE_IS_NULL} 01000000 7a 02000000 c3a9 00000000` },
      ],
    },
  },
  {
    rows: ['7', null, '5', '3', '1', '2'],
    column: {
      ...{ name: 'a', type: 'bigint', nullCount: 1, min: minBytes('bigint', 1n), max: maxBytes('bigint', 7n) },
      pages: [
        // Blocks of 128 in 4 parts, 5 values from 7; deltas from -2, two bits each: 0, 0, 0, 3.
        {
          ...{ values: 6, encoding: 'DELTA_BINARY_PACKED' },
          body: '02000000 03 3d 8001 04 05 0e 03 02000000 c000000000000000',
        },
      ],
    },
  },
  {
    rows: [3, 4, 5],
    column: {
      ...{ name: 'a', type: 'int', nullCount: 0, min: minBytes('int', 3), max: maxBytes('int', 5) },
      // Deltas of 1 that need no bits.
      pages: [{ values: 3, encoding: 'DELTA_BINARY_PACKED', body: `${NONE_IS_NULL} 8001 04 03 06 02 00000000` }],
    },
  },
];

describe.each(ENCODED)('a $column.type in $column.pages.0.encoding', ({ column, rows }) => {
  const file = handWrittenFile([[column]]);

  it('is what DuckDB and hyparquet read', async () => {
    expect((await askDuckDb(file, 'SELECT a FROM FILE')).map(({ a }) => a)).toEqual(rows);
    const found = (await readByHyparquet(file)).map(({ a }) => (typeof a === 'bigint' ? String(a) : a));
    expect(found).toEqual(rows);
  });
});

it('says of a dictionary where it is, and which pages have their values in it', () => {
  const { column } = ENCODED[0] ?? { column: undefined };
  const file = handWrittenFile(column === undefined ? [] : [[column]]);
  const found = metadataByHyparquet(file).row_groups[0]?.columns[0]?.meta_data;
  expect(found).toMatchObject({
    encodings: ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
    dictionary_page_offset: 4n,
    encoding_stats: [
      { page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 },
      { page_type: 'DATA_PAGE', encoding: 'RLE_DICTIONARY', count: 2 },
      { page_type: 'DATA_PAGE', encoding: 'PLAIN', count: 1 },
    ],
  });
  const reader = { view: new DataView(file.buffer, file.byteOffset, file.byteLength), offset: 4 };
  const { type, compressed_page_size } = parquetHeader(reader);
  expect(type).toBe('DICTIONARY_PAGE');
  expect(Number(found?.data_page_offset)).toBe(reader.offset + compressed_page_size);
});
