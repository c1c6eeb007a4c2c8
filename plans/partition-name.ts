/**
 * Names of partitions as Hive writes them: `dt=2026-11-23/hour=5`. Source: Apache Hive 2.3
 * `org.apache.hadoop.hive.common.FileUtils.makePartName` and `escapePathName`.
 */

/** What the log keeps of a file's partition: a canonical text for each partition column, null for no value. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** Stands for null and for the empty text, which Hive cannot tell apart in a path. */
export const NULL_PARTITION_VALUE = '__HIVE_DEFAULT_PARTITION__';

const ESCAPED = /[\u0001-\u001f"#%'*/:=?[\\\]^{\u007f]/g;

/** The values in the order of the partition columns, as the metastore stores them. */
export function partitionValueList(values: PartitionValues, columns: readonly string[]): string[] {
  return columns.map((column) => values[column] || NULL_PARTITION_VALUE);
}

export function partitionName(values: PartitionValues, columns: readonly string[]): string {
  const list = partitionValueList(values, columns);
  return columns.map((column, index) => `${escape(column.toLowerCase())}=${escape(list[index] ?? '')}`).join('/');
}

function escape(text: string): string {
  return text.replace(ESCAPED, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
