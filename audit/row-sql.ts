import { FILE_COLUMN, identifier, literal } from '../duckdb/quote.ts';
import { DUCKDB_TYPES } from '../engines/duckdb/record-sql.ts';
import type { Stretch } from '../plans/audit-window.ts';
import type { StoredColumn, TableShape } from '../plans/table-shape.ts';

/** A file to read rows from, and the Hive partition that its rows belong to. */
export interface RowFile {
  readonly localPath: string;
  readonly hivePartition: string;
}

/** Columns that rows get beside the table's own: no definition can have one that is called so. */
export const FILE_INDEX = identifier('~file_index');
export const HIVE_PARTITION = '~hive_partition';
const FILE = identifier(FILE_COLUMN);

/** Columns that say how something was found out, in words: two versions of the software may word it differently. */
const NOT_COMPARED = new Set(['detail']);

/** TRUE for rows of the window. */
export function within(window: readonly Stretch[], partition = 'kafka_partition', offset = 'kafka_offset'): string {
  const ranges = window.map(
    ({ partition: number, from, to }) => `(${partition} = ${number} AND ${offset} >= ${from} AND ${offset} < ${to})`,
  );
  return ranges.length === 0 ? 'FALSE' : `(${ranges.join(' OR ')})`;
}

/** Only what says where rows came from, and what is asked for beside. */
export function originsOf(files: readonly { readonly localPath: string }[], more: readonly string[] = []): string {
  const paths = files.map(({ localPath }) => literal(localPath)).join(', ');
  const columns = ['kafka_partition', 'kafka_offset', ...more].join(', ');
  return `SELECT ${columns} FROM read_parquet([${paths}], union_by_name = true, hive_partitioning = false)`;
}

/**
 * Whole rows as the table has them, with the index of their file and the name of their partition; columns that a file has
 * not are NULL.
 */
export function rowsOf(shape: TableShape, files: readonly RowFile[]): string {
  const paths = files.map(({ localPath }) => literal(localPath)).join(', ');
  const empty = shape.columns.map((column) => `NULL::${duckDbType(column)} AS ${identifier(column.name)}`);
  const known = files.map(
    ({ localPath, hivePartition }, index) => `(${literal(localPath)}, ${index}, ${literal(hivePartition)})`,
  );
  return `SELECT rows.*, known.file_index AS ${FILE_INDEX}, known.hive_partition AS ${identifier(HIVE_PARTITION)}
    FROM (SELECT ${empty.join(', ')}, NULL::VARCHAR AS ${FILE} WHERE FALSE
          UNION ALL BY NAME
          SELECT * FROM read_parquet([${paths}], union_by_name = true, filename = ${literal(FILE_COLUMN)}, hive_partitioning = false)) rows
    JOIN (VALUES ${known.join(', ')}) known(local_path, file_index, hive_partition) ON known.local_path = rows.${FILE}`;
}

/** SQL of a row's checksum: 64 bits of the MD5 of its canonical text (docs/audit.md). */
export function rowChecksum(shape: TableShape): string {
  // A column that is NULL makes its whole field NULL, which concat_ws leaves out.
  const fields = comparedColumns(shape).map((column) => `${literal(`${column.name}=`)} || ${canonicalText(column)}`);
  return `('0x' || left(md5(concat_ws(chr(10), ${[identifier(HIVE_PARTITION), ...fields].join(', ')})), 16))::UBIGINT`;
}

/** By name, so that the order of columns does not matter, and a column added later changes no row without it. */
export function comparedColumns(shape: TableShape): StoredColumn[] {
  return shape.columns.filter(({ name }) => !NOT_COMPARED.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function canonicalText({ name, type }: StoredColumn): string {
  const column = identifier(name);
  switch (type) {
    case 'timestamp':
      return `epoch_us(${column})`;
    case 'binary':
      return `md5(${column})`;
    case 'string':
      return `strlen(${column}) || ':' || ${column}`;
    default:
      return `${column}::VARCHAR`;
  }
}

function duckDbType({ type }: StoredColumn): string {
  return type === 'binary' ? 'BLOB' : DUCKDB_TYPES[type];
}

/** Runs of neighbouring offsets in `relation(p, o)`, in order: `p`, `a`, and `b`, exclusive. */
export function runsOf(relation: string, by: readonly string[] = []): string {
  const keys = ['p', ...by].join(', ');
  return `SELECT ${keys}, min(o) AS a, max(o) + 1 AS b
    FROM (SELECT ${keys}, o, o - row_number() OVER (PARTITION BY ${keys} ORDER BY o) AS run FROM (${relation}))
    GROUP BY ${keys}, run ORDER BY p, a`;
}

/** Reads what `runsOf` gives. */
export function stretchOf(row: Readonly<Record<string, unknown>>): Stretch {
  return { partition: Number(row['p']), from: BigInt(String(row['a'])), to: BigInt(String(row['b'])) };
}
