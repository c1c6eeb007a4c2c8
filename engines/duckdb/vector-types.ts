import { BIGINT, BOOLEAN, DATE, DOUBLE, type DuckDBType, INTEGER, TIMESTAMPTZ, VARCHAR } from '@duckdb/node-api';
import type { ColumnType } from '../../definition/table-definition.ts';

/** What a column is in DuckDB's vectors. */
export const VECTOR_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  string: VARCHAR,
  boolean: BOOLEAN,
  int: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  timestamp: TIMESTAMPTZ,
  date: DATE,
};
