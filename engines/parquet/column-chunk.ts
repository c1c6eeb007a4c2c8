import type { ColumnType } from '../../definition/table-definition.ts';
import { type Encoding, ENCODINGS, PAGE_TYPES } from './encoding.ts';
import { physicalType } from './stored-type.ts';
import { binary, bool, i32, i64, list, struct, type ThriftStruct } from './thrift-writer.ts';

/** parquet.thrift, `CompressionCodec`. */
const ZSTD = 6;

/** One column of a row group, its pages compressed with ZSTD. */
export interface ColumnChunk {
  /** How many data pages there are of each encoding; a dictionary's own page is not one of them. */
  readonly dataPages: readonly { readonly encoding: Encoding; readonly pages: number }[];
  /** NULLs included: as many as the row group has rows. */
  readonly values: number;
  readonly nullCount: number;
  /** Of a double; what is left out is unknown (parquet.thrift, `Statistics.nan_count`). */
  readonly nanCount?: number | undefined;
  /** Where the pages' headers begin in the file, the dictionary's before those of data. */
  readonly dictionaryPageAt?: number | undefined;
  readonly dataPageAt: number;
  /** Sizes of all its pages, their headers included. */
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  /** The least and the greatest value that there is, as `minBytes` and `maxBytes` write them. */
  readonly min?: Uint8Array | undefined;
  readonly max?: Uint8Array | undefined;
}

/** The file's offset of the chunk's first page. */
export function firstPageAt(chunk: ColumnChunk): number {
  return chunk.dictionaryPageAt ?? chunk.dataPageAt;
}

/** The `ColumnChunk` of parquet.thrift. */
export function columnChunk(name: string, type: ColumnType, chunk: ColumnChunk): ThriftStruct {
  const metaData = struct({
    1: i32(physicalType(type)),
    2: list('i32', [...encodingsOf(chunk)].map(i32)),
    3: list('binary', [binary(name)]),
    4: i32(ZSTD),
    5: i64(chunk.values),
    6: i64(chunk.uncompressedBytes),
    7: i64(chunk.compressedBytes),
    9: i64(chunk.dataPageAt),
    11: chunk.dictionaryPageAt === undefined ? undefined : i64(chunk.dictionaryPageAt),
    12: statistics(chunk),
    13: list('struct', encodingStats(chunk)),
  });
  // Its offset is of metadata outside of the footer: there is none.
  return struct({ 2: i64(0), 3: metaData });
}

/** All that a reader must know: of the levels and of the dictionary too. */
function encodingsOf(chunk: ColumnChunk): ReadonlySet<number> {
  const ofDictionary = chunk.dictionaryPageAt === undefined ? [] : [ENCODINGS.PLAIN];
  return new Set([...ofDictionary, ENCODINGS.RLE, ...chunk.dataPages.map(({ encoding }) => ENCODINGS[encoding])]);
}

/** Tells readers whether every data page has its values in the dictionary, which they may then filter by. */
function encodingStats(chunk: ColumnChunk): ThriftStruct[] {
  const ofData = chunk.dataPages.map(({ encoding, pages }) =>
    struct({ 1: i32(PAGE_TYPES.DATA_PAGE), 2: i32(ENCODINGS[encoding]), 3: i32(pages) }),
  );
  if (chunk.dictionaryPageAt === undefined) return ofData;
  return [struct({ 1: i32(PAGE_TYPES.DICTIONARY_PAGE), 2: i32(ENCODINGS.PLAIN), 3: i32(1) }), ...ofData];
}

/** The deprecated bounds, fields 1 and 2, are left out: their order is undefined for texts. */
function statistics({ nullCount, nanCount, min, max }: ColumnChunk): ThriftStruct {
  return struct({
    3: i64(nullCount),
    5: max === undefined ? undefined : binary(max),
    6: min === undefined ? undefined : binary(min),
    7: max === undefined ? undefined : bool(true),
    8: min === undefined ? undefined : bool(true),
    9: nanCount === undefined ? undefined : i64(nanCount),
  });
}
