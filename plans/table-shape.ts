import {
  ARCHIVE_SUFFIX,
  type ColumnDefinition,
  type ColumnType,
  partitionColumns,
  PROVENANCE_COLUMNS,
  REJECTED_SUFFIX,
  type TableDefinition,
} from '../definition/table-definition.ts';

/** A column as it is stored; `binary` is for records kept byte for byte. */
export interface StoredColumn {
  readonly name: string;
  readonly type: ColumnType | 'binary';
  readonly required: boolean;
}

/** A table as log, engine and metastore need it. */
export interface TableShape {
  readonly database: string;
  readonly table: string;
  /** Folder of the table in the lake. */
  readonly path: string;
  /** Columns of the files. */
  readonly columns: readonly StoredColumn[];
  /** Columns of the directories: in no file. */
  readonly partitionColumns: readonly ColumnDefinition[];
}

const RECORD_BYTES: readonly StoredColumn[] = [
  { name: 'record_key', type: 'binary', required: false },
  { name: 'record_value', type: 'binary', required: false },
];

export function mainTable(definition: TableDefinition): TableShape {
  return {
    database: definition.database,
    table: definition.table,
    path: `${definition.database}/${definition.table}`,
    columns: [...definition.columns, ...PROVENANCE_COLUMNS],
    partitionColumns: partitionColumns(definition),
  };
}

/** Where a table's records go that it cannot hold: the original bytes, why, and where they came from. */
export function rejectedTable(definition: TableDefinition): TableShape {
  const table = `${definition.table}${REJECTED_SUFFIX}`;
  return {
    database: definition.database,
    table,
    path: `${definition.database}/${table}`,
    columns: [
      { name: 'kafka_topic', type: 'string', required: true },
      ...PROVENANCE_COLUMNS,
      ...RECORD_BYTES,
      { name: 'reason', type: 'string', required: true },
      { name: 'detail', type: 'string', required: false },
    ],
    partitionColumns: partitionColumns({ partitionBy: 'day' }),
  };
}

/** Where an archiving table's records are kept byte for byte, rows and rejected ones alike. */
export function archiveTable(definition: TableDefinition): TableShape {
  const table = `${definition.table}${ARCHIVE_SUFFIX}`;
  return {
    database: definition.database,
    table,
    path: `${definition.database}/${table}`,
    columns: [...PROVENANCE_COLUMNS, ...RECORD_BYTES],
    partitionColumns: partitionColumns({ partitionBy: 'day' }),
  };
}
