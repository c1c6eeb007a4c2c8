import type { ColumnDefinition } from '../../definition/table-definition.ts';
import type { ColumnVector } from './column-vector.ts';

/** Names of unknown fields that are counted here; records with further ones are left to careful reading. */
const MAX_KEYS = 1000;

/** A field's name as it stands in the records. */
export interface FieldKey {
  readonly name: string;
  /** Undefined for a field that no column takes. */
  readonly column: ColumnVector | undefined;
  /** The name in its quotes, the colon and what blanks are around it, as they were written where it was found first. */
  lead: Buffer;
  /** The last record that had it. */
  record: number;
  /** Accepted records that had it. */
  count: number;
  /** The key that came after it last time: most records of a topic have the same fields in the same order. */
  next: FieldKey;
}

/** The names that fields of a batch's records have. */
export class FieldKeys {
  /** Stands before the first field of a record. */
  readonly first: FieldKey = newKey('', undefined);
  readonly #keys = new Map<string, FieldKey>();
  /** Columns' names in lower case: a name that differs from one only in that is not for us to judge. */
  readonly #names: ReadonlySet<string>;

  constructor(columns: readonly ColumnDefinition[], vectors: readonly ColumnVector[]) {
    columns.forEach(({ name }, index) => this.#add(name, vectors[index]));
    this.#names = new Set(columns.map(({ name }) => name));
  }

  /** Accepted records that had a field which no column takes, by the field's name. */
  get unknownFields(): ReadonlyMap<string, number> {
    const found = [...this.#keys.values()].filter(({ column, count }) => column === undefined && count > 0);
    return new Map(found.map(({ name, count }) => [name, count]));
  }

  /** Nothing for a name that is not to be counted here. */
  find(name: string): FieldKey | undefined {
    const found = this.#keys.get(name);
    if (found !== undefined) return found;
    const isOurs = name.startsWith('~') || this.#names.has(name.toLowerCase());
    return isOurs || this.#keys.size >= MAX_KEYS ? undefined : this.#add(name, undefined);
  }

  #add(name: string, column: ColumnVector | undefined): FieldKey {
    const key = newKey(name, column);
    this.#keys.set(name, key);
    return key;
  }
}

/** No name is written so. */
export const UNSEEN = Buffer.from([0]);

function newKey(name: string, column: ColumnVector | undefined): FieldKey {
  const key = { name, column, lead: UNSEEN, record: 0, count: 0 };
  // Until it is known what comes after it: itself, which is never twice in a record.
  return Object.assign(key, { next: key as FieldKey });
}
