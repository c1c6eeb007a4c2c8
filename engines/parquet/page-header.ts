import { type Encoding, ENCODINGS, PAGE_TYPES } from './encoding.ts';
import { encodeStruct, i32, struct, type ThriftFields } from './thrift-writer.ts';

/** What a page's header says of the bytes that follow it. */
export interface DictionaryPage {
  /** Entries of a dictionary; of a data page its rows, NULLs included. */
  readonly values: number;
  /** Sizes of the page without this header: below 2^31. */
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  /** CRC-32 of the page as it is stored, compressed; unsigned as `zlib.crc32` gives it, or signed. */
  readonly crc?: number | undefined;
}

export interface DataPage extends DictionaryPage {
  readonly encoding: Encoding;
}

/**
 * The header of a data page of version 1 (parquet.thrift, `PageHeader` and `DataPageHeader`). What follows it, compressed
 * as one: the definition levels in RLE with their length before them, 4 bytes, then the values that are not NULL. A
 * column that is not nested has no repetition levels.
 *
 * @throws SluiceError INTERNAL where a number does not fit
 */
export function dataPageHeader(page: DataPage): Uint8Array {
  const header = struct({
    1: i32(page.values),
    2: i32(ENCODINGS[page.encoding]),
    3: i32(ENCODINGS.RLE), // definition levels
    4: i32(ENCODINGS.RLE), // repetition levels
  });
  return encodeStruct({ ...commonFields(PAGE_TYPES.DATA_PAGE, page), 5: header });
}

/**
 * The header of a dictionary (parquet.thrift, `PageHeader` and `DictionaryPageHeader`). It stands before the chunk's data
 * pages, its entries in PLAIN (Encodings.md#dictionary-encoding).
 *
 * @throws SluiceError INTERNAL where a number does not fit
 */
export function dictionaryPageHeader(page: DictionaryPage): Uint8Array {
  const header = struct({ 1: i32(page.values), 2: i32(ENCODINGS.PLAIN) });
  return encodeStruct({ ...commonFields(PAGE_TYPES.DICTIONARY_PAGE, page), 7: header });
}

function commonFields(type: number, page: DictionaryPage): ThriftFields {
  return {
    1: i32(type),
    2: i32(page.uncompressedBytes),
    3: i32(page.compressedBytes),
    4: page.crc === undefined ? undefined : i32(page.crc | 0),
  };
}
