import { identifier, literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import type { WrittenFile } from '../../engines/engine.ts';

export type TextRow = Readonly<Record<string, string | null>>;

/** Every row of the files, each value as the text that SQL gives it. */
export async function rowsOf(files: readonly WrittenFile[]): Promise<TextRow[]> {
  return textRows(files, '*');
}

/** As `rowsOf`, for files of the rejected table and of the archive: key and value as hexadecimal digits. */
export async function recordRowsOf(files: readonly WrittenFile[]): Promise<TextRow[]> {
  return textRows(files, '* REPLACE (hex(record_key) AS record_key, hex(record_value) AS record_value)');
}

async function textRows(files: readonly WrittenFile[], columns: string): Promise<TextRow[]> {
  if (files.length === 0) return [];
  const paths = files.map(({ localPath }) => literal(localPath)).join(', ');
  const rows = await DuckDbSession.once(
    `SELECT COLUMNS(*)::VARCHAR FROM (SELECT ${columns} FROM read_parquet([${paths}], hive_partitioning = false))`,
  );
  return rows as TextRow[];
}

/** Physical and logical type of each column of a file: what any reader of Parquet goes by. */
export async function parquetTypes(file: WrittenFile): Promise<Record<string, string>> {
  const columns = await DuckDbSession.once(
    `SELECT name, concat_ws(' ', type, converted_type, logical_type) AS type FROM parquet_schema(${literal(file.localPath)}) WHERE type IS NOT NULL`,
  );
  return Object.fromEntries(columns.map((column) => [String(column['name']), String(column['type'])]));
}

/** The codec of every column of the files. */
export async function codecsOf(files: readonly WrittenFile[]): Promise<string[]> {
  const paths = files.map(({ localPath }) => literal(localPath)).join(', ');
  const found = await DuckDbSession.once(`SELECT DISTINCT compression FROM parquet_metadata([${paths}])`);
  return found.map(({ compression }) => String(compression));
}

interface Bounds {
  readonly rows: number;
  readonly columns: Readonly<
    Record<string, { readonly min: string | null; readonly max: string | null; readonly nulls: number }>
  >;
}

/** Rows of a file, and of each column the least and the greatest value and how many are NULL. */
export async function boundsOf(file: WrittenFile, columns: readonly { readonly name: string }[]): Promise<Bounds> {
  const parts = columns.flatMap(({ name }, index) => {
    const column = identifier(name);
    return [
      `min(${column})::VARCHAR AS min_${index}`,
      `max(${column})::VARCHAR AS max_${index}`,
      `count(*) - count(${column}) AS nulls_${index}`,
    ];
  });
  const [found = {}] = await DuckDbSession.once(
    `SELECT count(*) AS rows, ${parts.join(', ')} FROM read_parquet(${literal(file.localPath)}, hive_partitioning = false)`,
  );
  return {
    rows: Number(found['rows']),
    columns: Object.fromEntries(
      columns.map(({ name }, index) => [
        name,
        {
          min: found[`min_${index}`] as string | null,
          max: found[`max_${index}`] as string | null,
          nulls: Number(found[`nulls_${index}`]),
        },
      ]),
    ),
  };
}
