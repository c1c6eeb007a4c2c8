import type { HiveMetastore } from '../../../lake/hive/metastore.ts';
import type { Method } from '../../../lake/hive/metastore-methods.ts';
import type { Database, EnvironmentContext, Partition, Table } from '../../../lake/hive/metastore-types.ts';
import { ConnectionLost, type Endpoint, type ServiceConnection } from '../../../lake/hive/thrift-connection.ts';
import { ServiceException } from '../../../lake/hive/thrift-message.ts';
import { partitionName } from '../../../plans/partition-name.ts';
import type { SimulatedProcess } from '../world/process.ts';

interface HiveTable {
  readonly table: Table;
  /** By name, such as `dt=2026-11-23/hour=5`. */
  readonly partitions: ReadonlyMap<string, Partition>;
}

/** All that a metastore knows at one moment; never changed, so that it can be kept as a backup. */
export interface MetastoreState {
  readonly databases: ReadonlySet<string>;
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, HiveTable>;
}

export const EMPTY_METASTORE: MetastoreState = { databases: new Set(), tables: new Map() };
const ENDPOINT: Endpoint = { host: 'metastore', port: 9083 };

type Arguments = Readonly<Record<string, unknown>>;

/**
 * A Hive metastore, as Hive's own behaves (tested against the real one in lake/hive): each call is one transaction;
 * additions are all or nothing; a table is altered only while a parameter has the value expected, where one is given.
 */
export class MemoryMetastore {
  readonly #changed: (restored: boolean) => void;
  #state = EMPTY_METASTORE;
  #alterations = 0;
  readonly #methods: Readonly<Record<string, (args: Arguments) => unknown>> = {
    get_database: (args) => this.#getDatabase(args['name'] as string),
    create_database: (args) => this.#createDatabase((args['database'] as Database).name ?? ''),
    get_table: (args) => this.#table(args['dbname'], args['tbl_name'], 'NoSuchObjectException').table,
    create_table: (args) => this.#createTable(args['tbl'] as Table),
    alter_table_with_environment_context: (args) => this.#alterTable(args),
    get_partition_names: (args) => this.#partitionNames(args),
    get_partitions_by_names: (args) => this.#partitionsByNames(args),
    add_partitions: (args) => this.#addPartitions(args['new_parts'] as readonly Partition[]),
    alter_partitions_with_environment_context: (args) =>
      this.#alterPartitions(args['db_name'], args['tbl_name'], args['new_parts'] as readonly Partition[]),
    drop_partition: (args) =>
      this.#dropPartition(args['db_name'], args['tbl_name'], args['part_vals'] as readonly string[]),
  };

  constructor(changed: (restored: boolean) => void) {
    this.#changed = changed;
  }

  get state(): MetastoreState {
    return this.#state;
  }

  /** An older state comes back from a backup. */
  restore(backup: MetastoreState): void {
    this.#become(backup, true);
  }

  /** For a client's `connect`. */
  connectFrom(process: SimulatedProcess): (endpoint: Endpoint) => Promise<ServiceConnection> {
    return () => Promise.resolve(this.#connection(process));
  }

  #connection(process: SimulatedProcess): ServiceConnection {
    let usable = true;
    return {
      endpoint: ENDPOINT,
      get usable() {
        return usable;
      },
      close: () => void (usable = false),
      call: <A, R>(method: Method<A, R>, args: A) =>
        process.step<R>({
          label: `metastore: ${method.name}${argumentsOf(args as Arguments)}`,
          changes: !method.name.startsWith('get_'),
          effect: () => this.#call(method.name, args as Arguments) as R,
          failure: (how) => {
            usable = false;
            return new ConnectionLost(how, how !== 'timed out');
          },
          mayLandLate: true,
        }),
    };
  }

  #call(method: string, args: Arguments): unknown {
    const called = this.#methods[method];
    if (called === undefined) throw new ServiceException('TApplicationException', `Invalid method name: '${method}'`);
    return called(args);
  }

  #getDatabase(name: string): Database {
    if (!this.#state.databases.has(name)) throw refused('NoSuchObjectException');
    return { name };
  }

  #partitionNames(args: Arguments): string[] {
    return [...(this.#state.tables.get(keyOf(args['db_name'], args['tbl_name']))?.partitions.keys() ?? [])];
  }

  #createDatabase(name: string): void {
    if (this.#state.databases.has(name)) throw refused('AlreadyExistsException');
    this.#become({ ...this.#state, databases: new Set([...this.#state.databases, name]) });
  }

  #createTable(table: Table): void {
    const key = keyOf(table.dbName, table.tableName);
    if (this.#state.tables.has(key)) throw refused('AlreadyExistsException');
    if (!this.#state.databases.has(table.dbName ?? '')) throw refused('InvalidObjectException');
    const parameters = { ...table.parameters, transient_lastDdlTime: this.#lastDdlTime() };
    this.#setTable(key, { table: { ...table, parameters }, partitions: new Map() });
  }

  #alterTable(args: Arguments): void {
    const found = this.#table(args['dbname'], args['tbl_name'], 'InvalidOperationException');
    const { properties } = args['environment_context'] as EnvironmentContext;
    const key = properties?.['expected_parameter_key'];
    const expected = properties?.['expected_parameter_value'];
    if (key !== undefined && found.table.parameters?.[key] !== expected) {
      throw refused('MetaException', `The table has been modified. The parameter value for key '${key}' is another`);
    }
    const altered = args['new_tbl'] as Table;
    this.#setTable(keyOf(args['dbname'], args['tbl_name']), { ...found, table: altered });
  }

  #partitionsByNames(args: Arguments): Partition[] {
    const { partitions } = this.#table(args['db_name'], args['tbl_name'], 'NoSuchObjectException');
    return (args['names'] as readonly string[]).flatMap((name) => partitions.get(name) ?? []);
  }

  #addPartitions(added: readonly Partition[]): number {
    const [first] = added;
    if (first === undefined) return 0;
    const found = this.#table(first.dbName, first.tableName, 'InvalidObjectException');
    const partitions = new Map(found.partitions);
    for (const partition of added) {
      const name = nameOf(found.table, partition.values ?? []);
      if (partitions.has(name)) throw refused('AlreadyExistsException');
      partitions.set(name, partition);
    }
    this.#setTable(keyOf(first.dbName, first.tableName), { ...found, partitions });
    return added.length;
  }

  #alterPartitions(database: unknown, table: unknown, altered: readonly Partition[]): void {
    const found = this.#table(database, table, 'InvalidOperationException');
    const partitions = new Map(found.partitions);
    for (const partition of altered) {
      const name = nameOf(found.table, partition.values ?? []);
      if (!partitions.has(name)) throw refused('InvalidOperationException', 'alter is not possible');
      partitions.set(name, partition);
    }
    this.#setTable(keyOf(database, table), { ...found, partitions });
  }

  #dropPartition(database: unknown, table: unknown, values: readonly string[]): boolean {
    const found = this.#table(database, table, 'NoSuchObjectException');
    const partitions = new Map(found.partitions);
    if (!partitions.delete(nameOf(found.table, values))) throw refused('NoSuchObjectException');
    this.#setTable(keyOf(database, table), { ...found, partitions });
    return true;
  }

  #table(database: unknown, table: unknown, otherwise: string): HiveTable {
    const found = this.#state.tables.get(keyOf(database, table));
    if (found === undefined) throw refused(otherwise);
    return found;
  }

  #setTable(key: string, table: HiveTable): void {
    this.#become({ ...this.#state, tables: new Map([...this.#state.tables, [key, table]]) });
  }

  #become(state: MetastoreState, restored = false): void {
    this.#state = state;
    this.#changed(restored);
  }

  #lastDdlTime(): string {
    this.#alterations += 1;
    return String(this.#alterations);
  }
}

/** The client that ships, with this metastore behind it. */
export type MetastoreClient = HiveMetastore;

function keyOf(database: unknown, table: unknown): string {
  return `${String(database)}.${String(table)}`;
}

function nameOf(table: Table, values: readonly string[]): string {
  const keys = (table.partitionKeys ?? []).map(({ name = '' }) => name);
  return partitionName(Object.fromEntries(keys.map((key, index) => [key, values[index] ?? null])), keys);
}

function refused(exception: string, message = exception): ServiceException {
  return new ServiceException(exception, message);
}

/** What a call is about, for the trace. */
function argumentsOf(args: Arguments): string {
  const text = (name: string): string => (typeof args[name] === 'string' ? ` ${args[name]}` : '');
  const values = args['part_vals'] as readonly string[] | undefined;
  const partitions = (args['new_parts'] as readonly Partition[] | undefined)?.map(
    ({ values: of = [], sd }) => ` ${of.join('/')} at ${sd?.location?.replace(/^.*\//, '') ?? ''}`,
  );
  const published = (args['new_tbl'] as Table | undefined)?.parameters?.['sluice.published_version'];
  const version = published === undefined ? '' : ` published version ${published}`;
  return `${text('tbl_name')}${values ? ` ${values.join('/')}` : ''}${partitions?.join(',') ?? ''}${version}`;
}
