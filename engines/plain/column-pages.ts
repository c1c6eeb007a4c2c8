import { constants, crc32, zstdCompressSync } from 'node:zlib';
import type { ColumnType } from '../../definition/table-definition.ts';
import type { ColumnChunk } from '../parquet/column-chunk.ts';
import { type ColumnValues, maxBytes, minBytes } from '../parquet/bounds.ts';
import type { Encoding } from '../parquet/encoding.ts';
import { dataPageHeader, dictionaryPageHeader } from '../parquet/page-header.ts';
import type { WasmInstance } from './wasm-instance.ts';

/** Files of batches are soon compacted: what a higher level saves of them is not worth its time. */
const BATCH_COMPRESSION_LEVEL = 1;
/** As assembly/encoder.ts numbers them. */
const ENCODINGS: readonly Encoding[] = ['PLAIN', 'RLE_DICTIONARY', 'DELTA_BINARY_PACKED'];

/** One column of a row group, ready for its file. */
export interface ColumnPages {
  readonly chunk: ColumnChunk;
  /** Pages and their headers, in the file's order. */
  readonly parts: readonly Uint8Array[];
  readonly min: Bound | undefined;
  readonly max: Bound | undefined;
}

/** As `ColumnValues` has it; a text's bytes. */
export type Bound = Buffer | boolean | number | bigint;

interface Page {
  readonly bytes: Buffer;
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  readonly crc: number;
}

/**
 * Has the column's values of the row group encoded, compresses them, and places them in the file.
 * @param at where its first page is to be
 */
export function columnPages(
  instance: WasmInstance,
  index: number,
  type: ColumnType,
  rows: number,
  at: number,
): ColumnPages {
  const { calls } = instance;
  calls.encodeColumn(index);
  const parts: Uint8Array[] = [];
  let uncompressedBytes = 0;
  const add = (header: Uint8Array, page: Page): void => {
    parts.push(header, page.bytes);
    uncompressedBytes += header.length + page.uncompressedBytes;
  };
  const hasDictionary = calls.dictionaryBytes.value > 0;
  if (hasDictionary) {
    const page = compressed(instance, calls.dictionaryAt.value, calls.dictionaryBytes.value);
    add(dictionaryPageHeader({ values: calls.dictionaryValues.value, ...page }), page);
  }
  const dictionaryBytes = bytesOf(parts);
  const encoding = ENCODINGS[calls.encoding.value] ?? 'PLAIN';
  const page = compressed(instance, calls.pageAt.value, calls.pageBytes.value);
  add(dataPageHeader({ values: rows, encoding, ...page }), page);
  const min = boundAt(instance, type, calls.minAt.value, calls.minBytes.value);
  const max = boundAt(instance, type, calls.maxAt.value, calls.maxBytes.value);
  const chunk: ColumnChunk = {
    dataPages: [{ encoding, pages: 1 }],
    values: rows,
    nullCount: calls.nullCount.value,
    // JSON has no number that is none.
    ...(type === 'double' && { nanCount: 0 }),
    ...(hasDictionary && { dictionaryPageAt: at }),
    dataPageAt: at + dictionaryBytes,
    compressedBytes: bytesOf(parts),
    uncompressedBytes,
    min: min === undefined ? undefined : minBytes(type, min as ColumnValues[ColumnType]),
    max: max === undefined ? undefined : maxBytes(type, max as ColumnValues[ColumnType]),
  };
  return { chunk, parts, min, max };
}

function compressed({ bytes: memory }: WasmInstance, start: number, uncompressedBytes: number): Page {
  const bytes = zstdCompressSync(memory.subarray(start, start + uncompressedBytes), {
    params: { [constants.ZSTD_c_compressionLevel]: BATCH_COMPRESSION_LEVEL },
    pledgedSrcSize: uncompressedBytes,
  });
  return { bytes, uncompressedBytes, compressedBytes: bytes.length, crc: crc32(bytes) };
}

/** A copy of the value in the decoder's memory; undefined where there is none. */
function boundAt({ bytes }: WasmInstance, type: ColumnType, at: number, length: number): Bound | undefined {
  if (at === 0) return undefined;
  switch (type) {
    case 'string':
      return Buffer.from(bytes.subarray(at, at + length));
    case 'boolean':
      return bytes[at] === 1;
    case 'int':
    case 'date':
      return bytes.readInt32LE(at);
    case 'double':
      return bytes.readDoubleLE(at);
    default:
      return bytes.readBigInt64LE(at);
  }
}

function bytesOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
