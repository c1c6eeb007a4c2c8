/** Encodings of pages (parquet.thrift, `Encoding`), by the number that stands for each; the deprecated ones are left out. */
export const ENCODINGS = {
  PLAIN: 0,
  RLE: 3,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  DELTA_BYTE_ARRAY: 7,
  RLE_DICTIONARY: 8,
  BYTE_STREAM_SPLIT: 9,
} as const;
export type Encoding = keyof typeof ENCODINGS;

/** Kinds of pages (parquet.thrift, `PageType`). */
export const PAGE_TYPES = { DATA_PAGE: 0, DICTIONARY_PAGE: 2 } as const;
