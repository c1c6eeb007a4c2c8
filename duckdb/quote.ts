/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * The column that `read_parquet` adds with each row's file, by its option `filename`: no column of a table begins like this,
 * and one that is called `filename` is a column like any other.
 */
export const FILE_COLUMN = '~file';

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
