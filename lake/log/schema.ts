import { SluiceError } from '../../errors/sluice-error.ts';
import { isWider, takes } from '../../plans/column-widening.ts';
import type { StoredColumn, TableShape } from '../../plans/table-shape.ts';
import type { MetaData } from './actions.ts';

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

const COLUMN_TYPES = new Map(Object.entries(DELTA_TYPES).map(([type, delta]) => [delta, type as StoredColumn['type']]));

interface DeltaField {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** `metaData.schemaString` of a table. Every field is nullable: what a record must have is checked before it is written. */
export function deltaSchema(shape: TableShape): string {
  return schemaOf([...shape.columns, ...shape.partitionColumns].map(fieldOf));
}

/**
 * The columns of a table's files, as its log has them: what a definition says may be older or newer than the files.
 * @throws SluiceError LOG_CORRUPT for a type that Sluice never writes
 */
export function storedColumns(schemaString: string, partitionColumns: readonly string[]): StoredColumn[] {
  return fieldsOf(schemaString)
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(({ name, type }) => {
      const known = COLUMN_TYPES.get(type);
      if (known !== undefined) return { name, type: known, required: false };
      throw new SluiceError(
        'LOG_CORRUPT',
        `The log has a column ${name} of the type ${type}, which Sluice never writes.`,
      );
    });
}

/** The table with the columns that its log has: those of a definition may have changed since, or not have taken effect yet. */
export function shapeInLog(shape: TableShape, metaData: MetaData | undefined): TableShape {
  if (metaData === undefined) return shape;
  return { ...shape, columns: storedColumns(metaData.schemaString, metaData.partitionColumns) };
}

/**
 * How a table's schema in the log relates to the one wanted now.
 * @throws SluiceError DEFINITION_INCOMPATIBLE where a column has become what its older files can't be read as, or is gone
 */
export function compareSchemas(table: string, current: string, wanted: string): 'same' | 'additive' | 'widened' {
  const wantedTypes = typesOf(wanted);
  let widened = false;
  for (const { name, type } of fieldsOf(current)) {
    const now = wantedTypes.get(name);
    if (now === type) continue;
    if (now === undefined || !isWiderField(now, type)) throw incompatible(table, name, type, now);
    widened = true;
  }
  if (widened) return 'widened';
  return wantedTypes.size === fieldsOf(current).length ? 'same' : 'additive';
}

/**
 * The log's schema with what it must have besides to take files of this shape; undefined where it takes them as it is. It
 * loses nothing: columns that the files have not, or have narrower, stay as they are.
 * @throws SluiceError DEFINITION_INCOMPATIBLE
 */
export function schemaTaking(shape: TableShape, current: string): string | undefined {
  const fields = fieldsOf(current);
  const types = typesOf(current);
  const added = shape.columns.filter(({ name }) => !types.has(name)).map(fieldOf);
  const wider = new Map<string, string>();
  for (const { name, type } of shape.columns.map(fieldOf)) {
    const now = types.get(name);
    if (now === undefined || takesField(now, type)) continue;
    if (!isWiderField(type, now)) throw incompatible(shape.table, name, now, type);
    wider.set(name, type);
  }
  if (added.length === 0 && wider.size === 0) return undefined;
  const kept = fields.map((field) => ({ ...field, type: wider.get(field.name) ?? field.type }));
  const partitioning = new Set(shape.partitionColumns.map(({ name }) => name));
  const isPartition = ({ name }: DeltaField): boolean => partitioning.has(name);
  return schemaOf([...kept.filter((field) => !isPartition(field)), ...added, ...kept.filter(isPartition)]);
}

function incompatible(table: string, column: string, type: string, now: string | undefined): SluiceError {
  return new SluiceError('DEFINITION_INCOMPATIBLE', `The column ${column} of ${table} ${changeOf(type, now)}.`, {
    remedy:
      'Put it back: columns can be added, and an int can become a bigint; nothing else can change, since older files hold the old type. For another type add a column of another name, or define a new table. Nothing is lost meanwhile, as long as Kafka keeps it.',
    details: { table, column },
  });
}

function changeOf(type: string, now: string | undefined): string {
  if (now === undefined) return 'has been taken out';
  const change = `has become ${now} from ${type}`;
  return isWiderField(type, now) ? `${change}, which does not hold all that its files may hold` : change;
}

function isWiderField(type: string, than: string): boolean {
  return isWider(columnType(type), columnType(than));
}

function takesField(type: string, other: string): boolean {
  return takes(columnType(type), columnType(other));
}

function columnType(delta: string): string {
  return COLUMN_TYPES.get(delta) ?? delta;
}

function fieldOf({ name, type }: Pick<StoredColumn, 'name' | 'type'>): DeltaField {
  return { name, type: DELTA_TYPES[type], nullable: true, metadata: {} };
}

function fieldsOf(schema: string): DeltaField[] {
  return (JSON.parse(schema) as { fields: DeltaField[] }).fields;
}

function typesOf(schema: string): Map<string, string> {
  return new Map(fieldsOf(schema).map(({ name, type }) => [name, type]));
}

function schemaOf(fields: readonly DeltaField[]): string {
  return JSON.stringify({ type: 'struct', fields });
}
