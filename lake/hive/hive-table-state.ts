import { asSluiceError, SluiceError } from '../../errors/sluice-error.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import {
  ALTERATIONS,
  newTable,
  NO_VERSION,
  outdatedColumns,
  PUBLISHED_AT_MS,
  PUBLISHED_VERSION,
  withColumns,
} from './hive-table.ts';
import { type Expectation, type HiveMetastore, isOutdated, refusalOf } from './metastore.ts';
import type { FieldSchema, Table } from './metastore-types.ts';

/** Times to read again after another publisher has altered the table first: more than there ever are publishers. */
export const MAX_ALTERATION_ATTEMPTS = 10;

/** Every table of a metastore has it: when it was last altered, in seconds. */
const LAST_ALTERED = 'transient_lastDdlTime';

/** How far Hive has come. */
export interface TableState {
  /** Version of the log; -1 where nothing is published. */
  readonly version: number;
  /** When that was published, in milliseconds since the epoch. */
  readonly atMs: number | undefined;
}

/**
 * The description of one table in the metastore. It is altered only by compare-and-set, because an alteration sends all
 * of it: of two made at once, one would undo the other.
 */
export class HiveTable {
  readonly #metastore: HiveMetastore;
  #shape: TableShape;
  readonly #location: string;
  #ensured = false;
  #alterations: Promise<unknown> = Promise.resolve();

  constructor(metastore: HiveMetastore, shape: TableShape, location: string) {
    this.#metastore = metastore;
    this.#shape = shape;
    this.#location = location;
  }

  get shape(): TableShape {
    return this.#shape;
  }

  /** From now on the table is to have these columns. */
  follow(shape: TableShape): void {
    this.#shape = shape;
    this.distrust();
  }

  /** @throws SluiceError METASTORE_REFUSED where a table of this name exists that is another */
  async ensure(): Promise<{ readonly created: boolean; readonly changedColumns: readonly string[] }> {
    const { database, table } = this.#shape;
    const created = (await this.#metastore.getTable(database, table)) === undefined && (await this.#create());
    const shape = this.#shape;
    let changed: readonly FieldSchema[] = [];
    await this.#alter((existing) => {
      changed = outdatedColumns(existing, shape, this.#location);
      if (changed.length === 0) return undefined;
      return { ...existing, sd: { ...existing.sd, cols: withColumns(existing.sd?.cols ?? [], changed) } };
    });
    this.#ensured = shape === this.#shape;
    return { created, changedColumns: changed.map(({ name = '' }) => name) };
  }

  /** How the table in the metastore differs from what it is to be; undefined where there is none. */
  async describe(): Promise<{ difference: string | undefined; outdatedColumns: string[] } | undefined> {
    const existing = await this.#metastore.getTable(this.#shape.database, this.#shape.table);
    if (existing === undefined) return undefined;
    try {
      const outdated = outdatedColumns(existing, this.#shape, this.#location);
      return { difference: undefined, outdatedColumns: outdated.map(({ name = '' }) => name) };
    } catch (thrown) {
      return { difference: asSluiceError(thrown).message, outdatedColumns: [] };
    }
  }

  async ensureOnce(): Promise<void> {
    if (!this.#ensured) await this.ensure();
  }

  /** It may be gone: the next `ensureOnce` looks. */
  distrust(): void {
    this.#ensured = false;
  }

  /** @throws SluiceError METASTORE_REFUSED where it is gone */
  async read(): Promise<Table> {
    const { database, table } = this.#shape;
    const found = await this.#metastore.getTable(database, table);
    if (found) return found;
    this.distrust();
    throw new SluiceError('METASTORE_REFUSED', `The Hive table ${database}.${table} has been dropped.`, {
      remedy: 'The next publication creates it again, from the log.',
    });
  }

  async state(): Promise<TableState | undefined> {
    const found = await this.#metastore.getTable(this.#shape.database, this.#shape.table);
    return found && stateOf(found);
  }

  /**
   * Notes that `version` is published, unless a higher one is noted already, or one below `afterVersion`: then something
   * in between has not been published.
   */
  async raise(version: number, afterVersion: number | undefined): Promise<TableState> {
    const final = await this.#alter((existing) => {
      const current = stateOf(existing).version;
      if (current >= version || (afterVersion !== undefined && current < afterVersion)) return undefined;
      return {
        ...existing,
        parameters: {
          ...existing.parameters,
          [PUBLISHED_VERSION]: String(version),
          [PUBLISHED_AT_MS]: String(Date.now()),
        },
      };
    });
    return stateOf(final);
  }

  /** True if it was this call that created it. */
  async #create(): Promise<boolean> {
    const { database } = this.#shape;
    if ((await this.#metastore.getDatabase(database)) === undefined) {
      await unlessThere(this.#metastore.createDatabase({ name: database, description: '', parameters: {} }));
    }
    return unlessThere(this.#metastore.createTable(newTable(this.#shape, this.#location)));
  }

  /** Reads, changes and writes. `change` gives undefined where there is nothing to do. Not against each other. */
  #alter(change: (existing: Table) => Table | undefined): Promise<Table> {
    const altered = this.#alterations.then(() => this.#alterUnlessOvertaken(change));
    this.#alterations = altered.catch(() => undefined);
    return altered;
  }

  async #alterUnlessOvertaken(change: (existing: Table) => Table | undefined): Promise<Table> {
    const { database, table } = this.#shape;
    for (let attempt = 1; ; attempt += 1) {
      const existing = await this.read();
      const changed = change(existing);
      if (changed === undefined) return existing;
      const { wanted, expected } = guarded(existing, changed);
      try {
        await this.#metastore.alterTable(database, table, wanted, expected);
        return wanted;
      } catch (error) {
        if (attempt === MAX_ALTERATION_ATTEMPTS || !isOutdated(error)) throw error;
      }
    }
  }
}

/** Ties an alteration to what was read. A table that Sluice did not create has no count yet, but a time. */
function guarded(existing: Table, changed: Table): { wanted: Table; expected: Expectation } {
  const count = existing.parameters?.[ALTERATIONS];
  const lastAltered = existing.parameters?.[LAST_ALTERED] ?? '0';
  const parameters = { ...changed.parameters, [ALTERATIONS]: String(Number(count ?? 0) + 1) };
  if (count !== undefined)
    return { wanted: { ...changed, parameters }, expected: { parameter: ALTERATIONS, value: count } };
  const later = String(Number(lastAltered) + 1);
  return {
    wanted: { ...changed, parameters: { ...parameters, [LAST_ALTERED]: later } },
    expected: { parameter: LAST_ALTERED, value: lastAltered },
  };
}

function stateOf(table: Table): TableState {
  const version = table.parameters?.[PUBLISHED_VERSION];
  const atMs = table.parameters?.[PUBLISHED_AT_MS];
  return {
    version: version === undefined ? NO_VERSION : Number(version),
    atMs: atMs === undefined ? undefined : Number(atMs),
  };
}

async function unlessThere(creation: Promise<void>): Promise<boolean> {
  try {
    await creation;
    return true;
  } catch (error) {
    if (refusalOf(error) === 'AlreadyExistsException') return false;
    throw error;
  }
}
