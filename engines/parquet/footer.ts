import type { ColumnDefinition } from '../../definition/table-definition.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import manifest from '../../package.json' with { type: 'json' };
import { type ColumnChunk, columnChunk, firstPageAt } from './column-chunk.ts';
import { schemaElement, schemaRoot } from './stored-type.ts';
import { binary, encodeStruct, i16, i32, i64, list, struct, type ThriftStruct } from './thrift-writer.ts';

/** What a Parquet file begins and ends with. */
export const MAGIC: Uint8Array = Buffer.from('PAR1');

/** As parquet.thrift wants it: whom parquet-java’s VersionParser cannot read it takes for a writer with old bugs. */
const CREATED_BY = `Sluice version ${manifest.version} (build 0)`;
/** Whether or not pages have encodings of "version 2": parquet.thrift asks every writer for 1. */
const FORMAT_VERSION = 1;

/** Rows that are stored together, a chunk for each of the file's columns in the same order. */
export interface RowGroup {
  readonly rows: number;
  readonly columns: readonly ColumnChunk[];
}

export interface ParquetFile {
  readonly columns: readonly Pick<ColumnDefinition, 'name' | 'type'>[];
  readonly rowGroups: readonly RowGroup[];
}

/**
 * What ends a Parquet file: its `FileMetaData` (parquet.thrift), that one's length in 4 bytes, and the magic number.
 *
 * @throws SluiceError INTERNAL where a number does not fit, or a row group has not a chunk of each column
 */
export function parquetFooter({ columns, rowGroups }: ParquetFile): Buffer {
  const metaData = encodeStruct({
    1: i32(FORMAT_VERSION),
    2: list('struct', [schemaRoot(columns.length), ...columns.map(({ name, type }) => schemaElement(name, type))]),
    3: i64(sumOf(rowGroups, ({ rows }) => rows)),
    4: list(
      'struct',
      rowGroups.map((group, ordinal) => rowGroup(columns, group, ordinal)),
    ),
    6: binary(CREATED_BY),
    7: list(
      'struct',
      columns.map(() => typeDefinedOrder()),
    ),
  });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metaData.length);
  return Buffer.concat([metaData, length, MAGIC]);
}

function rowGroup(columns: ParquetFile['columns'], group: RowGroup, ordinal: number): ThriftStruct {
  const chunks = columns.map(({ name, type }, index) => columnChunk(name, type, chunkOf(group, index, name)));
  const first = group.columns[0];
  return struct({
    1: list('struct', chunks),
    2: i64(sumOf(group.columns, ({ uncompressedBytes }) => uncompressedBytes)),
    3: i64(group.rows),
    5: first === undefined ? undefined : i64(firstPageAt(first)),
    6: i64(sumOf(group.columns, ({ compressedBytes }) => compressedBytes)),
    7: i16(ordinal),
  });
}

function chunkOf({ rows, columns }: RowGroup, index: number, name: string): ColumnChunk {
  const chunk = columns[index];
  if (chunk?.values === rows) return chunk;
  throw new SluiceError('INTERNAL', `A row group of ${rows} rows has ${chunk?.values ?? 'no'} values of ${name}.`);
}

/** Bounds are ordered as the column's type is (parquet.thrift, `ColumnOrder`): texts by their bytes. */
function typeDefinedOrder(): ThriftStruct {
  return struct({ 1: struct({}) });
}

function sumOf<Item>(items: readonly Item[], size: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + size(item), 0);
}
