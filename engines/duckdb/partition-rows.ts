import { join } from 'node:path';
import { identifier, literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { rewriteFilePath } from '../../plans/file-place.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import type { WrittenFile } from '../engine.ts';
import type { RewriteRequest } from '../rewriter.ts';
import { DUCKDB_TYPES } from './record-sql.ts';
import { describeFile, type ReturnedFile } from './returned-files.ts';

export interface Contents {
  readonly rows: number;
  readonly checksum: string;
}

/** A SELECT of the files' rows with these very columns, in this order. Without files it has no rows. */
export async function rowsOf(
  session: DuckDbSession,
  localPaths: readonly string[],
  columns: readonly StoredColumn[],
): Promise<string> {
  if (localPaths.length === 0) {
    return `SELECT ${columns.map((column) => valueOf(column, false)).join(', ')} WHERE false`;
  }
  const from = `read_parquet([${localPaths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${from}`);
  const present = new Set(described.map((row) => row['column_name']));
  const values = columns.map((column) => valueOf(column, present.has(column.name)));
  return `SELECT ${values.join(', ')} FROM ${from}`;
}

function valueOf({ name, type }: StoredColumn, present: boolean): string {
  const value = present ? identifier(name) : 'NULL';
  return `CAST(${value} AS ${type === 'binary' ? 'BLOB' : DUCKDB_TYPES[type]}) AS ${identifier(name)}`;
}

/** Counts rows and sums up their hashes: a lost, doubled or altered row shows, its place does not. */
export async function contentsOf(
  session: DuckDbSession,
  rows: string,
  columns: readonly StoredColumn[],
): Promise<Contents> {
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const [found] = await session.rows(
    `SELECT count(*) AS rows, coalesce(sum(hash(${names})), 0)::VARCHAR AS checksum FROM (${rows})`,
  );
  return { rows: Number(found?.['rows']), checksum: String(found?.['checksum']) };
}

/** Writes rows sorted, as files of an attempt at a rewrite. Without rows there still is one: it marks the rewrite. */
export async function writeSorted(
  session: DuckDbSession,
  rows: string,
  request: Omit<RewriteRequest, 'localPaths'>,
): Promise<WrittenFile[]> {
  const { columns, partition, attempt } = request;
  const folder = join(request.scratchFolder, 'rewritten');
  const returned = (await session.rows(
    `COPY (${rows} ORDER BY ${request.sortBy.map(identifier).join(', ')}) TO ${literal(folder)}
     (FORMAT parquet, COMPRESSION zstd, FILE_SIZE_BYTES ${request.targetFileBytes}, RETURN_STATS)`,
  )) as unknown as ReturnedFile[];
  return returned
    .filter((file) => Number(file.count) > 0 || returned.length === 1)
    .map((file, index) => ({
      ...describeFile(file, columns),
      path: rewriteFilePath(partition.name, attempt, index),
      partitionValues: partition.values,
    }));
}
