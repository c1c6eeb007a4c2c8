import { join } from 'node:path';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { describe, expect, it } from 'vitest';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import type { ColumnChunk } from '../../../engines/parquet/column-chunk.ts';
import { type ParquetFile, parquetFooter } from '../../../engines/parquet/footer.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { temporaryFolder } from '../../temporary-folder.ts';
import { ALL_ARE_NULL, handWrittenFile, type HandWrittenColumn } from './hand-written.ts';
import { askDuckDb, metadataByHyparquet } from './reading.ts';

/** A column of each type, as DuckDB declares it. */
const TYPES = [
  ['string', 'VARCHAR'],
  ['boolean', 'BOOLEAN'],
  ['int', 'INTEGER'],
  ['bigint', 'BIGINT'],
  ['double', 'DOUBLE'],
  ['timestamp', 'TIMESTAMPTZ'],
  ['date', 'DATE'],
] as const;
const COLUMNS = TYPES.map(([type]) => ({ name: `${type} “é”`, type }));
const CHUNK: ColumnChunk = {
  ...{ dataPages: [{ encoding: 'PLAIN', pages: 1 }], values: 3, nullCount: 0 },
  ...{ dataPageAt: 4, compressedBytes: 10, uncompressedBytes: 10 },
};
/** As parquet-java's VersionParser.FORMAT, anchored as `matches` is. */
const VERSION_PARSER = /^(.*?)\s+version\s*(?:([^(]*?)\s*(?:\(\s*build\s*([^)]*?)\s*\))?)?$/;

const withMagic = (file: ParquetFile): Buffer => Buffer.concat([Buffer.from('PAR1'), parquetFooter(file)]);

describe('parquetFooter', () => {
  it('ends a file that has no rows', async () => {
    const file = withMagic({ columns: COLUMNS, rowGroups: [] });
    expect(await askDuckDb(file, 'SELECT count(*) AS rows, count("int “é”") AS ints FROM FILE')).toEqual([
      { rows: '0', ints: '0' },
    ]);
    expect(metadataByHyparquet(file)).toMatchObject({ version: 1, num_rows: 0n, row_groups: [] });
  });

  it('declares columns as DuckDB does', async () => {
    const path = join(temporaryFolder(), 'duckdb.parquet');
    const select = TYPES.map(([type, name]) => `NULL::${name} AS "${type} “é”"`).join(', ');
    await DuckDbSession.once(`COPY (SELECT ${select} LIMIT 0) TO ${literal(path)} (FORMAT parquet)`);
    const about = (file: string) =>
      `SELECT name, type, type_length, repetition_type, num_children, converted_type, scale, precision, duckdb_type
       FROM parquet_schema(${file}) WHERE type IS NOT NULL`;
    const ours = await askDuckDb(withMagic({ columns: COLUMNS, rowGroups: [] }), about('FILE'));
    expect(ours).toHaveLength(TYPES.length);
    expect(ours).toEqual(await DuckDbSession.once(about(literal(path))));
  });

  it('says the logical types, and nothing of the root but its children', () => {
    const [root, ...columns] = metadataByHyparquet(withMagic({ columns: COLUMNS, rowGroups: [] })).schema;
    expect(JSON.parse(JSON.stringify(root))).toEqual({ name: 'schema', num_children: TYPES.length });
    expect(columns.map(({ logical_type }) => logical_type)).toEqual([
      { type: 'STRING' },
      ...[undefined, undefined, undefined, undefined],
      { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      { type: 'DATE' },
    ]);
  });

  it('names its writer so that parquet-java can read it', () => {
    const { created_by = '' } = metadataByHyparquet(withMagic({ columns: COLUMNS, rowGroups: [] }));
    expect(VERSION_PARSER.exec(created_by)?.slice(1)).toEqual(['Sluice', manifest.version, '0']);
  });

  it('says that bounds are in the order of each column’s type', async () => {
    const [found] = await askDuckDb(
      withMagic({ columns: COLUMNS, rowGroups: [] }),
      'SELECT column_orders FROM parquet_file_metadata(FILE)',
    );
    expect(found?.['column_orders']).toEqual(TYPES.map(() => 'ColumnOrder(TYPE_ORDER=TypeDefinedOrder())'));
  });

  it('sums up rows and row groups, and says where those begin', () => {
    const columns = COLUMNS.slice(2, 4);
    const second = { ...CHUNK, dataPageAt: 5_000_000_100, dictionaryPageAt: 5_000_000_000, values: 4 };
    const rowGroups = [
      { rows: 3, columns: [CHUNK, { ...CHUNK, compressedBytes: 3_000_000_000, uncompressedBytes: 4_000_000_000 }] },
      { rows: 4, columns: [second, { ...CHUNK, values: 4 }] },
    ];
    const found = metadataByHyparquet(withMagic({ columns, rowGroups }));
    expect(found.num_rows).toBe(7n);
    expect(found.row_groups.map((group) => ({ ...group, columns: group.columns.length }))).toEqual([
      {
        ...{ columns: 2, num_rows: 3n, total_byte_size: 4_000_000_010n, total_compressed_size: 3_000_000_010n },
        ...{ file_offset: 4n, ordinal: 0, sorting_columns: undefined },
      },
      {
        ...{ columns: 2, num_rows: 4n, total_byte_size: 20n, total_compressed_size: 20n },
        ...{ file_offset: 5_000_000_000n, ordinal: 1, sorting_columns: undefined },
      },
    ]);
  });

  it('describes a column’s values that are all NULL, without bounds', async () => {
    const column: HandWrittenColumn = {
      ...{ name: 'a', type: 'int', nullCount: 3 },
      pages: [{ values: 3, encoding: 'PLAIN', body: ALL_ARE_NULL }],
    };
    const file = handWrittenFile([[column]]);
    expect(await askDuckDb(file, 'SELECT a FROM FILE')).toEqual([{ a: null }, { a: null }, { a: null }]);
    expect(metadataByHyparquet(file).row_groups[0]?.columns[0]?.meta_data?.statistics).toEqual({ null_count: 3n });
  });

  it('has no metadata of a column elsewhere, and its path in the schema', () => {
    const rowGroups = [{ rows: 3, columns: [CHUNK] }];
    const found = metadataByHyparquet(withMagic({ columns: COLUMNS.slice(2, 3), rowGroups })).row_groups[0]?.columns[0];
    expect(found).toMatchObject({ file_offset: 0n, meta_data: { path_in_schema: ['int “é”'], type: 'INT32' } });
  });

  it.each([
    ['as many as there are', { nanCount: 2 }, 2n],
    ['none', { nanCount: 0 }, 0n],
    ['what is unknown', {}, undefined],
  ])('counts NaN: %s', (_, nanCount, expected) => {
    const rowGroups = [{ rows: 3, columns: [{ ...CHUNK, ...nanCount }] }];
    const footer = parquetFooter({ columns: [{ name: 'a', type: 'double' }], rowGroups });
    // hyparquet's metadata leaves the field out.
    const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength);
    const statistics = { field_3: 0n, ...(expected === undefined ? {} : { field_9: expected }) };
    const at = 'field_4.0.field_1.0.field_3.field_12';
    expect(deserializeTCompactProtocol({ view, offset: 0 })).toHaveProperty(at, statistics);
  });

  it.each([
    ['a column', [{ rows: 3, columns: [CHUNK] }], 'A row group of 3 rows has no values of b'],
    ['a value', [{ rows: 3, columns: [CHUNK, { ...CHUNK, values: 2 }] }], 'A row group of 3 rows has 2 values of b'],
    ['an offset', [{ rows: 3, columns: [CHUNK, { ...CHUNK, dataPageAt: 2 ** 53 }] }], '9007199254740992 does not fit'],
  ])('refuses a row group that %s is wrong of', (_, rowGroups, message) => {
    const columns = ['a', 'b'].map((name) => ({ name, type: 'int' as const }));
    expect(() => parquetFooter({ columns, rowGroups })).toThrow(message);
  });

  it('refuses more row groups than have a number', () => {
    const rowGroups = Array.from({ length: 2 ** 15 + 1 }, () => ({ rows: 3, columns: [] }));
    expect(() => parquetFooter({ columns: [], rowGroups: rowGroups.slice(1) })).not.toThrow();
    expect(() => parquetFooter({ columns: [], rowGroups })).toThrow('32768 does not fit');
  });
});
