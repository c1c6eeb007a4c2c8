import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { parquetHeader } from 'hyparquet/src/column.js';
import { Encodings } from 'hyparquet/src/constants.js';
import { expect, it } from 'vitest';
import { literal } from '../../../duckdb/quote.ts';
import { DuckDbSession } from '../../../duckdb/session.ts';
import { type Encoding, ENCODINGS } from '../../../engines/parquet/encoding.ts';
import { type DataPage, dataPageHeader, dictionaryPageHeader } from '../../../engines/parquet/page-header.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { hex } from './hand-written.ts';

const PAGE: DataPage = { values: 3, encoding: 'RLE_DICTIONARY', uncompressedBytes: 300, compressedBytes: 17 };

/** By hyparquet: the header, and how many bytes it took. */
function read(bytes: Uint8Array, offset = 0) {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset };
  const header = parquetHeader(reader);
  return { header, endAt: reader.offset };
}

it('writes a data page’s header', () => {
  expect(Buffer.from(dataPageHeader(PAGE))).toEqual(hex('15 00 15 d804 15 22 2c 15 06 15 10 15 06 15 06 00 00'));
});

it('writes a dictionary’s header', () => {
  expect(Buffer.from(dictionaryPageHeader(PAGE))).toEqual(hex('15 04 15 d804 15 22 4c 15 06 15 00 00 00'));
});

it('writes the checksum of a page, which has 32 bits in a number with a sign', () => {
  // The check value of this CRC, and one whose highest bit is not set.
  for (const body of ['123456789', 'The quick brown fox jumps over the lazy dog']) {
    const crc = crc32(body);
    expect((read(dataPageHeader({ ...PAGE, crc })).header.crc ?? NaN) >>> 0).toBe(crc);
    expect((read(dictionaryPageHeader({ ...PAGE, crc })).header.crc ?? NaN) >>> 0).toBe(crc);
  }
  expect(crc32('123456789')).toBe(0xcbf43926);
});

it('numbers the encodings as hyparquet does', () => {
  for (const [name, number] of Object.entries(ENCODINGS)) expect(Encodings[number]).toBe(name);
});

it('refuses a page of 2 GiB', () => {
  const tooLong = { ...PAGE, uncompressedBytes: 2 ** 31 };
  expect(() => dataPageHeader(tooLong)).toThrow('2147483648 does not fit');
  expect(() => dictionaryPageHeader(tooLong)).toThrow('2147483648 does not fit');
});

it('writes what DuckDB writes for the same pages', async () => {
  const path = join(temporaryFolder(), 'duckdb.parquet');
  await DuckDbSession.once(
    `COPY (SELECT 'word ' || i % 3 AS a FROM range(5000) t(i)) TO ${literal(path)}
     (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`,
  );
  const file = readFileSync(path);
  const dictionary = read(file, 4);
  const dataAt = dictionary.endAt + dictionary.header.compressed_page_size;
  const data = read(file, dataAt);
  const sizes = ({ header }: typeof data) => ({
    uncompressedBytes: header.uncompressed_page_size,
    compressedBytes: header.compressed_page_size,
  });
  const { num_values, encoding } = data.header.data_page_header ?? { num_values: NaN, encoding: 'none' };
  expect(encoding).toBe('RLE_DICTIONARY');
  expect(Buffer.from(dictionaryPageHeader({ values: 3, ...sizes(dictionary) }))).toEqual(
    file.subarray(4, dictionary.endAt),
  );
  expect(Buffer.from(dataPageHeader({ values: num_values, encoding: encoding as Encoding, ...sizes(data) }))).toEqual(
    file.subarray(dataAt, data.endAt),
  );
});
