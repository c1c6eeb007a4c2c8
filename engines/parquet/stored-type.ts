import type { ColumnType } from '../../definition/table-definition.ts';
import { binary, bool, i32, struct, type ThriftFields, type ThriftStruct } from './thrift-writer.ts';

/** parquet.thrift, `Type`, `ConvertedType` and `FieldRepetitionType`: what is used of them. */
const PHYSICAL_TYPES = { BOOLEAN: 0, INT32: 1, INT64: 2, DOUBLE: 5, BYTE_ARRAY: 6 } as const;
const CONVERTED_TYPES = { UTF8: 0, DATE: 6, TIMESTAMP_MICROS: 10, INT_32: 17, INT_64: 18 } as const;
const OPTIONAL = 1;

/** Members of the unions `LogicalType` and `TimeUnit`, by their field. */
const STRING = { 1: struct({}) };
const DATE = { 6: struct({}) };
const MICROS = { 2: struct({}) };
const TIMESTAMP_MICROS_UTC = { 8: struct({ 1: bool(true), 2: struct(MICROS) }) };

interface StoredType {
  readonly physical: keyof typeof PHYSICAL_TYPES;
  /** What older readers know the logical type by, and DuckDB writes alone where it says enough. */
  readonly converted?: keyof typeof CONVERTED_TYPES;
  readonly logical?: ThriftFields;
}

/** How a column is stored (LogicalTypes.md): as DuckDB's COPY stores it, and as Spark and Hive read it by the same name. */
const STORED_TYPES: Readonly<Record<ColumnType, StoredType>> = {
  string: { physical: 'BYTE_ARRAY', converted: 'UTF8', logical: STRING },
  boolean: { physical: 'BOOLEAN' },
  int: { physical: 'INT32', converted: 'INT_32' },
  bigint: { physical: 'INT64', converted: 'INT_64' },
  double: { physical: 'DOUBLE' },
  timestamp: { physical: 'INT64', converted: 'TIMESTAMP_MICROS', logical: TIMESTAMP_MICROS_UTC },
  date: { physical: 'INT32', converted: 'DATE', logical: DATE },
};

/** The number of parquet.thrift's `Type`. */
export function physicalType(type: ColumnType): number {
  return PHYSICAL_TYPES[STORED_TYPES[type].physical];
}

/** A column's `SchemaElement`. Each may be NULL, also where the table requires a value: DuckDB's COPY knows no other. */
export function schemaElement(name: string, type: ColumnType): ThriftStruct {
  const { converted, logical } = STORED_TYPES[type];
  return struct({
    1: i32(physicalType(type)),
    3: i32(OPTIONAL),
    4: binary(name),
    6: converted === undefined ? undefined : i32(CONVERTED_TYPES[converted]),
    10: logical === undefined ? undefined : struct(logical),
  });
}

/** The schema's root, which has a name for readers that want one, and no repetition. */
export function schemaRoot(columns: number): ThriftStruct {
  return struct({ 4: binary('schema'), 5: i32(columns) });
}
