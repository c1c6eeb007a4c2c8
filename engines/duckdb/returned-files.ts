import type { StoredColumn } from '../../plans/table-shape.ts';
import { deltaStatistics, type ReturnedColumn } from './statistics.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A row that COPY … RETURN_STATS gives for each file. */
export interface ReturnedFile {
  readonly filename: string;
  readonly count: string;
  readonly file_size_bytes: string;
  readonly column_statistics: readonly { readonly key: string; readonly value: readonly KeyValue[] }[];
  readonly partition_keys: readonly KeyValue[] | null;
}

/** What the log keeps of a written file. */
export function describeFile(
  file: ReturnedFile,
  columns: readonly StoredColumn[],
): { readonly localPath: string; readonly sizeBytes: number; readonly rows: number; readonly stats: string } {
  const rows = Number(file.count);
  const types = new Map(columns.map((column) => [column.name, column.type]));
  return {
    localPath: file.filename,
    sizeBytes: Number(file.file_size_bytes),
    rows,
    stats: deltaStatistics(rows, columnStatistics(file), types),
  };
}

function columnStatistics(file: ReturnedFile): Map<string, ReturnedColumn> {
  // Column names come back as quoted identifiers.
  return new Map(
    file.column_statistics.map(({ key, value }) => [
      key.replace(/^"|"$/g, '').replaceAll('""', '"'),
      Object.fromEntries(value.map((entry) => [entry.key, entry.value])),
    ]),
  );
}
