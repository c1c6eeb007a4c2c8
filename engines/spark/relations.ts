import type { Plan, Relation } from './connect-protocol.ts';

/** Spark's plans as Spark Connect takes them, built from SQL expressions (`spark/connect/relations.proto`). */

const expression = (sql: string): object => ({ expression_string: { expression: sql } });

export function readSource(format: string, options: Readonly<Record<string, string>>): Relation {
  return { read: { data_source: { format, options } } };
}

/** Rows of files with these very columns, as DDL has them. */
export function readFiles(format: string, uris: readonly string[], schema: string): Relation {
  return { read: { data_source: { format, schema, paths: uris } } };
}

/** All rows in one order, over as many partitions as `spark.sql.shuffle.partitions` says. NULL comes last. */
export function sort(input: Relation, by: readonly string[]): Relation {
  const order = by.map((sql) => ({
    child: expression(sql),
    direction: 'SORT_DIRECTION_ASCENDING',
    null_ordering: 'SORT_NULLS_LAST',
  }));
  return { sort: { input, order, is_global: true } };
}

export function project(input: Relation, expressions: readonly string[]): Relation {
  return { project: { input, expressions: expressions.map(expression) } };
}

export function filter(input: Relation, condition: string): Relation {
  return { filter: { input, condition: expression(condition) } };
}

/** Fewer partitions, without moving rows between tasks. */
export function coalesce(input: Relation, partitions: number): Relation {
  return { repartition: { input, num_partitions: partitions, shuffle: false } };
}

/** Aggregates of all rows that pass through here, sent beside the operation's result. */
export function collectMetrics(input: Relation, name: string, aggregates: readonly string[]): Relation {
  return { collect_metrics: { input, name, metrics: aggregates.map(expression) } };
}

export function groupBy(input: Relation, by: string, aggregates: readonly string[]): Relation {
  return {
    aggregate: {
      input,
      group_type: 'GROUP_TYPE_GROUPBY',
      grouping_expressions: [expression(by)],
      aggregate_expressions: aggregates.map(expression),
    },
  };
}

/** Writes Parquet files below a folder that is not there yet. */
export function writeParquet(input: Relation, folderUri: string, partitionBy: readonly string[]): Plan {
  return {
    command: {
      write_operation: {
        input,
        source: 'parquet',
        path: folderUri,
        mode: 'SAVE_MODE_ERROR_IF_EXISTS',
        partitioning_columns: partitionBy,
        options: { compression: 'zstd' },
      },
    },
  };
}
