import { crc32, zstdCompressSync } from 'node:zlib';
import type { ColumnType } from '../../../definition/table-definition.ts';
import type { ColumnChunk } from '../../../engines/parquet/column-chunk.ts';
import type { Encoding } from '../../../engines/parquet/encoding.ts';
import { MAGIC, parquetFooter } from '../../../engines/parquet/footer.ts';
import { dataPageHeader, dictionaryPageHeader } from '../../../engines/parquet/page-header.ts';

/** A page's bytes before compression, in hexadecimal with spaces where one likes. */
export interface HandWrittenPage {
  readonly values: number;
  readonly encoding: Encoding;
  readonly body: string;
}

export interface HandWrittenColumn extends Pick<ColumnChunk, 'nullCount' | 'nanCount' | 'min' | 'max'> {
  readonly name: string;
  readonly type: ColumnType;
  readonly dictionary?: Omit<HandWrittenPage, 'encoding'>;
  readonly pages: readonly HandWrittenPage[];
}

/** Definition levels of three rows: their length, then a run of eight with a bit each, or of three that are the same. */
export const MIDDLE_IS_NULL = '02000000 03 05';
export const NONE_IS_NULL = '02000000 06 01';
export const ALL_ARE_NULL = '02000000 06 00';

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A whole file of row groups, each of which is a list of the same columns. */
export function handWrittenFile(groups: readonly (readonly HandWrittenColumn[])[]): Buffer {
  const parts: Uint8Array[] = [MAGIC];
  const append = (part: Uint8Array): number => {
    const at = parts.reduce((sum, { length }) => sum + length, 0);
    parts.push(part);
    return at;
  };
  const rowGroups = groups.map((columns) => ({
    rows: valuesOf(columns[0]?.pages ?? []),
    columns: columns.map((column) => appendChunk(append, column)),
  }));
  return Buffer.concat([...parts, parquetFooter({ columns: groups[0] ?? [], rowGroups })]);
}

function appendChunk(append: (part: Uint8Array) => number, column: HandWrittenColumn): ColumnChunk {
  const { pages, nullCount, nanCount, min, max, dictionary } = column;
  const stored = pages.map((page) => storePage(page.body, (sizes) => dataPageHeader({ ...page, ...sizes })));
  const storedDictionary =
    dictionary && storePage(dictionary.body, (sizes) => dictionaryPageHeader({ ...dictionary, ...sizes }));
  const dictionaryPageAt = storedDictionary && append(storedDictionary.bytes);
  const offsets = stored.map(({ bytes }) => append(bytes));
  const all = storedDictionary === undefined ? stored : [storedDictionary, ...stored];
  return {
    dataPages: [...Map.groupBy(pages, ({ encoding }) => encoding)].map(([encoding, { length }]) => ({
      encoding,
      pages: length,
    })),
    values: valuesOf(pages),
    dataPageAt: offsets[0] ?? NaN,
    compressedBytes: all.reduce((sum, { bytes }) => sum + bytes.length, 0),
    uncompressedBytes: all.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0),
    ...{ nullCount, nanCount, min, max, dictionaryPageAt },
  };
}

type Sizes = Parameters<typeof dictionaryPageHeader>[0];

function storePage(body: string, header: (sizes: Omit<Sizes, 'values'>) => Uint8Array) {
  const bytes = hex(body);
  const compressed = zstdCompressSync(bytes);
  const crc = crc32(compressed);
  const head = header({ uncompressedBytes: bytes.length, compressedBytes: compressed.length, crc });
  return { bytes: Buffer.concat([head, compressed]), uncompressedBytes: head.length + bytes.length };
}

function valuesOf(pages: readonly HandWrittenPage[]): number {
  return pages.reduce((sum, { values }) => sum + values, 0);
}
