import { readdir, rename, stat as statusOf } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { DuckDbSession } from '../../duckdb/session.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import type { WrittenFile } from '../engine.ts';
import { readFooters } from './footers.ts';

/** A file as Spark has left it, without the name that it will have in the table. */
export type LeftFile = Omit<WrittenFile, 'path'>;

/** The Parquet files below a folder that Spark has written to; none where it wrote none. */
export async function filesIn(
  folder: string,
  shape: { readonly columns: readonly StoredColumn[] },
  session: DuckDbSession,
): Promise<LeftFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(noneIfMissing);
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet') && !/^[._]/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const footers = await readFooters(session, paths, shape.columns);
  const files = paths.map(async (localPath) => {
    const { rows = 0, stats = '{}' } = footers.get(localPath) ?? {};
    const { size } = await statusOf(localPath);
    return { localPath, partitionValues: partitionValuesOf(relative(folder, localPath)), sizeBytes: size, rows, stats };
  });
  return (await Promise.all(files)).filter(({ rows }) => rows > 0);
}

/** Makes another attempt's files this one's; false where they are gone. */
export async function takeOver(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

/** `dt=2026-11-24/hour=5/part-….parquet`; the values of our partition columns need no escaping. */
function partitionValuesOf(path: string): Record<string, string> {
  return Object.fromEntries(
    path
      .split('/')
      .slice(0, -1)
      .map((part) => part.split('=', 2) as [string, string]),
  );
}

function noneIfMissing(error: unknown): [] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
