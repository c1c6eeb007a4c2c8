import { SluiceError } from '../../errors/sluice-error.ts';
import type { StoredColumn, TableShape } from '../../plans/table-shape.ts';

/** Delta's primitive type of each column type (PROTOCOL.md#primitive-types); `timestamp` is UTC-adjusted INT64 micros. */
const DELTA_TYPES: Readonly<Record<StoredColumn['type'], string>> = {
  string: 'string',
  boolean: 'boolean',
  int: 'integer',
  bigint: 'long',
  double: 'double',
  timestamp: 'timestamp',
  date: 'date',
  binary: 'binary',
};

interface DeltaField {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `metaData.schemaString` of a table. Every field is nullable: what a record must have is checked before it is written. */
export function deltaSchema(shape: TableShape): string {
  const fields = [...shape.columns, ...shape.partitionColumns].map((column): DeltaField => ({
    name: column.name,
    type: DELTA_TYPES[column.type],
    nullable: true,
    metadata: {},
  }));
  return JSON.stringify({ type: 'struct', fields });
}

/**
 * The columns of a table's files, as its log has them: what a definition says may be older or newer than the files.
 * @throws SluiceError LOG_CORRUPT for a type that Sluice never writes
 */
export function storedColumns(schemaString: string, partitionColumns: readonly string[]): StoredColumn[] {
  const types = new Map(Object.entries(DELTA_TYPES).map(([type, delta]) => [delta, type as StoredColumn['type']]));
  const { fields } = JSON.parse(schemaString) as { fields: DeltaField[] };
  return fields
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(({ name, type }) => {
      const known = types.get(type);
      if (known !== undefined) return { name, type: known, required: false };
      throw new SluiceError(
        'LOG_CORRUPT',
        `The log has a column ${name} of the type ${type}, which Sluice never writes.`,
      );
    });
}

/**
 * How a table's schema in the log relates to the one wanted now.
 * @throws SluiceError DEFINITION_INCOMPATIBLE where a column has changed its type or is gone
 */
export function compareSchemas(table: string, current: string, wanted: string): 'same' | 'additive' {
  const fieldsOf = (schema: string): DeltaField[] => (JSON.parse(schema) as { fields: DeltaField[] }).fields;
  const wantedTypes = new Map(fieldsOf(wanted).map((field) => [field.name, field.type]));
  for (const { name, type } of fieldsOf(current)) {
    const now = wantedTypes.get(name);
    if (now === type) continue;
    const change = now === undefined ? 'has been taken out' : `has become ${now} from ${type}`;
    throw new SluiceError('DEFINITION_INCOMPATIBLE', `The column ${name} of ${table} ${change}.`, {
      remedy:
        'Put it back: columns can be added, not changed or removed, since older files hold the old type. For another type add a column of another name, or define a new table. Nothing is lost meanwhile, as long as Kafka keeps it.',
      details: { table, column: name },
    });
  }
  return wantedTypes.size === fieldsOf(current).length ? 'same' : 'additive';
}
