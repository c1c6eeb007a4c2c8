import { SluiceError } from '../../errors/sluice-error.ts';
import { isWider, takes } from '../../plans/column-widening.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import { directoryWithin } from './hive-location.ts';
import type { FieldSchema, Partition, StorageDescriptor, Table } from './metastore-types.ts';

const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serializationLib: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
} as const;

/** The log's version that Hive has been brought to. */
export const PUBLISHED_VERSION = 'sluice.published_version';
/** When that was, in milliseconds since the epoch. */
export const PUBLISHED_AT_MS = 'sluice.published_at_ms';
/** Counts our alterations of the table's description, so that each is made to what was read or not at all. */
export const ALTERATIONS = 'sluice.alterations';
/** Set by ANALYZE TABLE: engines may then answer from statistics alone, which is wrong once a file has come or gone. */
const EXACT_STATISTICS = 'COLUMN_STATS_ACCURATE';
/** Nothing published yet. */
export const NO_VERSION = -1;

/** A Hive table as Sluice makes it: external, partitioned, Parquet. */
export function newTable(shape: TableShape, location: string): Table {
  return {
    tableName: shape.table,
    dbName: shape.database,
    owner: 'sluice',
    createTime: 0,
    lastAccessTime: 0,
    retention: 0,
    sd: newDescriptor(fieldsOf(shape.columns), location),
    partitionKeys: fieldsOf(shape.partitionColumns),
    parameters: { EXTERNAL: 'TRUE', [PUBLISHED_VERSION]: String(NO_VERSION), [ALTERATIONS]: '0' },
    tableType: 'EXTERNAL_TABLE',
  };
}

export function newPartition(table: Table, values: readonly string[], location: string): Partition {
  return {
    values,
    dbName: table.dbName ?? '',
    tableName: table.tableName ?? '',
    createTime: 0,
    lastAccessTime: 0,
    sd: newDescriptor(table.sd?.cols ?? [], location),
    parameters: {},
  };
}

/** A partition with another location and the table's columns, without a claim to exact statistics, else as it was. */
export function renewed(partition: Partition, table: Table, location: string): Partition {
  const parameters = Object.entries(partition.parameters ?? {}).filter(([key]) => key !== EXACT_STATISTICS);
  return {
    ...partition,
    sd: { ...partition.sd, cols: table.sd?.cols ?? [], location },
    parameters: Object.fromEntries(parameters),
  };
}

export function claimsExactStatistics(partition: Partition): boolean {
  return partition.parameters?.[EXACT_STATISTICS] !== undefined;
}

/** Columns are found by name in Parquet files, so a partition needs all of them, as wide, to show what new files hold. */
export function takesAllColumns(partition: Partition, shape: TableShape): boolean {
  const types = typesOf(partition.sd?.cols);
  return fieldsOf(shape.columns).every(({ name, type = '' }) => takes(types.get(name) ?? '', type));
}

/** These columns, those of the same names instead of the old ones, the others at the end. */
export function withColumns(cols: readonly FieldSchema[], changed: readonly FieldSchema[]): FieldSchema[] {
  const types = typesOf(changed);
  const names = new Set(cols.map(({ name }) => name));
  const kept = cols.map((column) => ({ ...column, type: types.get(column.name) ?? column.type ?? '' }));
  return [...kept, ...changed.filter(({ name }) => !names.has(name))];
}

/**
 * The columns that a table of this shape has and the existing one lacks, or has narrower.
 * @throws SluiceError METASTORE_REFUSED where the existing one is another table, or a column has another type
 */
export function outdatedColumns(existing: Table, shape: TableShape, location: string): FieldSchema[] {
  const difference = firstDifference(existing, shape, location);
  if (difference !== undefined) {
    const name = `${shape.database}.${shape.table}`;
    throw new SluiceError('METASTORE_REFUSED', `The Hive table ${name} exists and is not this table: ${difference}.`, {
      remedy: `Drop or rename it in Hive (as an external table it keeps its files), or choose another database or table name.`,
      details: { table: name, difference },
    });
  }
  const types = typesOf(existing.sd?.cols);
  return fieldsOf(shape.columns).filter(({ name, type = '' }) => !takes(types.get(name) ?? '', type));
}

function firstDifference(existing: Table, shape: TableShape, location: string): string | undefined {
  if (directoryWithin(location, existing.sd?.location) !== '') {
    return `its location is ${existing.sd?.location ?? 'not set'}, not ${location}`;
  }
  if (existing.tableType !== 'EXTERNAL_TABLE') return `it is a ${existing.tableType ?? 'table'}, not an EXTERNAL_TABLE`;
  const serde = existing.sd?.serdeInfo?.serializationLib;
  if (serde !== PARQUET.serializationLib) return `its format is ${serde ?? 'not set'}, not Parquet`;
  const keys = described(existing.partitionKeys ?? []);
  const wantedKeys = described(fieldsOf(shape.partitionColumns));
  if (keys !== wantedKeys) return `it is partitioned by (${keys}), not by (${wantedKeys})`;
  const types = typesOf(existing.sd?.cols);
  for (const { name = '', type = '' } of fieldsOf(shape.columns)) {
    const found = types.get(name);
    const isCompatible = found === undefined || takes(found, type) || isWider(type, found);
    if (!isCompatible) return `its column ${name} is of type ${found}, not ${type}`;
  }
  return undefined;
}

function newDescriptor(cols: readonly FieldSchema[], location: string): StorageDescriptor {
  return {
    cols,
    location,
    inputFormat: PARQUET.inputFormat,
    outputFormat: PARQUET.outputFormat,
    compressed: false,
    numBuckets: -1,
    serdeInfo: {
      name: '',
      serializationLib: PARQUET.serializationLib,
      parameters: { 'serialization.format': '1' },
    },
    bucketCols: [],
    sortCols: [],
    parameters: {},
  };
}

/** Hive keeps names in lower case. Column types of a definition are Hive's own. */
function fieldsOf(columns: readonly { readonly name: string; readonly type: string }[]): FieldSchema[] {
  return columns.map(({ name, type }) => ({ name: name.toLowerCase(), type }));
}

function typesOf(fields: readonly FieldSchema[] | undefined): Map<string | undefined, string> {
  return new Map(fields?.map(({ name, type = '' }) => [name, type]));
}

function described(fields: readonly FieldSchema[]): string {
  return fields.map(({ name = '', type = '' }) => `${name} ${type}`).join(', ');
}
