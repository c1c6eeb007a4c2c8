import { type FileHandle, open } from 'node:fs/promises';
import type { ColumnDefinition } from '../../definition/table-definition.ts';
import type { ColumnStatistics } from '../file-statistics.ts';
import { MAGIC, parquetFooter, type RowGroup } from '../parquet/footer.ts';
import type { ColumnPages } from './column-pages.ts';
import type { WasmInstance } from './wasm-instance.ts';
import { FileColumn } from './file-column.ts';

/** What was written. */
export interface PlainFile {
  readonly rows: number;
  readonly sizeBytes: number;
  /** By the columns' names. */
  readonly columns: ReadonlyMap<string, ColumnStatistics>;
}

/** Writes the decoder's rows of one period as a Parquet file. */
export async function writePlainFile(
  path: string,
  instance: WasmInstance,
  definitions: readonly ColumnDefinition[],
  period: number,
): Promise<PlainFile> {
  const { calls } = instance;
  const columns = definitions.map((definition, index) => new FileColumn(definition, index));
  const rowGroups: RowGroup[] = [];
  const file = await open(path, 'wx');
  try {
    let sizeBytes = await append(file, [MAGIC]);
    const rows = calls.selectPeriod(period);
    for (let groupRows = calls.nextRowGroup(); groupRows > 0; groupRows = calls.nextRowGroup()) {
      const pages = encodeRowGroup(instance, columns, groupRows, sizeBytes);
      rowGroups.push({ rows: groupRows, columns: pages.map(({ chunk }) => chunk) });
      sizeBytes += await append(
        file,
        pages.flatMap(({ parts }) => parts),
      );
    }
    sizeBytes += await append(file, [parquetFooter({ columns, rowGroups })]);
    return { rows, sizeBytes, columns: new Map(columns.map(({ name, statistics }) => [name, statistics])) };
  } finally {
    await file.close();
  }
}

function encodeRowGroup(
  instance: WasmInstance,
  columns: readonly FileColumn[],
  rows: number,
  start: number,
): ColumnPages[] {
  let at = start;
  return columns.map((column) => {
    const pages = column.encode(instance, rows, at);
    at += pages.chunk.compressedBytes;
    return pages;
  });
}

/** Returns how many bytes they are. */
async function append(file: FileHandle, parts: readonly Uint8Array[]): Promise<number> {
  // Writes on from where the last one ended, and until all is written or the disk is full.
  const bytes = Buffer.concat(parts);
  await file.writeFile(bytes);
  return bytes.length;
}
