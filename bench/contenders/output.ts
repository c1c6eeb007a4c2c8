import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';

export interface Output {
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
}

/**
 * What a contender wrote, after a look at whether it is all of the topic, each record once.
 * @param distinct SQL of what tells rows apart; `*` where the output does not say
 * @throws Error
 */
export async function checkOutput(
  folder: string,
  records: number,
  paths: readonly string[] = globSync('**/*.parquet', { cwd: folder }).map((path) => join(folder, path)),
  distinct = '*',
): Promise<Output> {
  if (paths.length === 0) throw new Error(`There are no Parquet files in ${folder}.`);
  const [row] = await DuckDbSession.once(
    `SELECT count(*) AS rows, ${distinct === '*' ? 'count(*)' : `count(DISTINCT ${distinct})`} AS distinct_rows
     FROM read_parquet([${paths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`,
  );
  const [rows, distinctRows] = [Number(row?.['rows']), Number(row?.['distinct_rows'])];
  if (rows !== records || distinctRows !== records) {
    throw new Error(`${folder} holds ${rows} rows, ${distinctRows} of them distinct, where the topic has ${records}.`);
  }
  return { rows, bytes: paths.reduce((sum, path) => sum + statSync(path).size, 0), files: paths.length };
}
