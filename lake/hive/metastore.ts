import { SluiceError } from '../../errors/sluice-error.ts';
import { METHODS, type Method } from './metastore-methods.ts';
import type { Database, Partition, Table } from './metastore-types.ts';
import { ConnectionLost, type Endpoint, type ServiceConnection, ThriftConnection } from './thrift-connection.ts';
import { ServiceException } from './thrift-message.ts';

export const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
/** An alteration of hundreds of partitions takes seconds on a busy metastore. */
export const DEFAULT_CALL_TIMEOUT_MS = 60_000;
/** Partitions in one request or answer: about 1 MB with forty columns. */
export const PARTITIONS_PER_CALL = 200;

export interface MetastoreOptions {
  /** Tried in order, each time that a connection is needed. */
  readonly endpoints: readonly Endpoint[];
  readonly connectTimeoutMs?: number;
  readonly callTimeoutMs?: number;
  /** Throws ConnectionLost where there is no connection within `timeoutMs`. @default over TCP */
  readonly connect?: (endpoint: Endpoint, timeoutMs: number) => Promise<ServiceConnection>;
}

/** What a table's parameter must still be for an alteration to be made. */
export interface Expectation {
  readonly parameter: string;
  readonly value: string;
}

/** Keeps the metastore from listing a partition's directory to refresh its statistics. */
const WITHOUT_STATISTICS = { DO_NOT_UPDATE_STATS: 'true' } as const;
const ALL = -1;

/**
 * A client of the Hive metastore, version 2.3 (Thrift, binary protocol, no SASL or TLS). One connection, made when first
 * needed and made again when lost; calls wait for each other.
 *
 * Every method throws SluiceError METASTORE_UNREACHABLE where no answer came (an alteration may then have been made), and
 * METASTORE_REFUSED where the metastore said no; `refusalOf` tells which of its exceptions it was.
 */
export class HiveMetastore {
  readonly #endpoints: readonly Endpoint[];
  readonly #connectTimeoutMs: number;
  readonly #callTimeoutMs: number;
  readonly #open: NonNullable<MetastoreOptions['connect']>;
  #connection: ServiceConnection | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: MetastoreOptions) {
    this.#endpoints = options.endpoints;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    this.#callTimeoutMs = options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.#open = options.connect ?? ((endpoint, timeoutMs) => ThriftConnection.open(endpoint, timeoutMs));
  }

  close(): void {
    this.#connection?.close();
  }

  /** Undefined where there is none. */
  async getDatabase(name: string): Promise<Database | undefined> {
    return this.#orUndefined(this.#call(METHODS.get_database, { name }, name));
  }

  async createDatabase(database: Database): Promise<void> {
    await this.#call(METHODS.create_database, { database }, database.name ?? '');
  }

  /** Undefined where there is none. */
  async getTable(database: string, table: string): Promise<Table | undefined> {
    const args = { dbname: database, tbl_name: table };
    return this.#orUndefined(this.#call(METHODS.get_table, args, `${database}.${table}`));
  }

  async createTable(table: Table): Promise<void> {
    await this.#call(METHODS.create_table, { tbl: table }, `${table.dbName ?? ''}.${table.tableName ?? ''}`);
  }

  /**
   * Replaces a table's description, all of it, if a parameter still has the value expected (HIVE-26882).
   * @throws SluiceError METASTORE_REFUSED, for which `isOutdated` holds, where it has not
   */
  async alterTable(database: string, table: string, wanted: Table, expected: Expectation): Promise<void> {
    const properties = {
      ...WITHOUT_STATISTICS,
      expected_parameter_key: expected.parameter,
      expected_parameter_value: expected.value,
    };
    await this.#call(
      METHODS.alter_table_with_environment_context,
      { dbname: database, tbl_name: table, new_tbl: wanted, environment_context: { properties } },
      `${database}.${table}`,
    );
  }

  async getPartitionNames(database: string, table: string): Promise<readonly string[]> {
    const args = { db_name: database, tbl_name: table, max_parts: ALL };
    return this.#call(METHODS.get_partition_names, args, `${database}.${table}`);
  }

  /** Those of the named partitions that there are. */
  async getPartitionsByNames(database: string, table: string, names: readonly string[]): Promise<Partition[]> {
    const found: Partition[] = [];
    for (const page of pagesOf(names)) {
      const args = { db_name: database, tbl_name: table, names: page };
      found.push(...(await this.#call(METHODS.get_partitions_by_names, args, `${database}.${table}`)));
    }
    return found;
  }

  /** Each page of them whole or not at all; a page with one that is there already is refused (AlreadyExistsException). */
  async addPartitions(database: string, table: string, partitions: readonly Partition[]): Promise<void> {
    for (const page of pagesOf(partitions)) {
      await this.#call(METHODS.add_partitions, { new_parts: page }, `${database}.${table}`);
    }
  }

  /** Replaces partitions' descriptions, all of each, by their values. */
  async alterPartitions(database: string, table: string, partitions: readonly Partition[]): Promise<void> {
    for (const page of pagesOf(partitions)) {
      await this.#call(
        METHODS.alter_partitions_with_environment_context,
        {
          db_name: database,
          tbl_name: table,
          new_parts: page,
          environment_context: { properties: WITHOUT_STATISTICS },
        },
        `${database}.${table}`,
      );
    }
  }

  /** Drops the metadata and leaves the files. One that is not there is no error. */
  async dropPartition(database: string, table: string, values: readonly string[]): Promise<void> {
    const args = { db_name: database, tbl_name: table, part_vals: values, deleteData: false };
    await this.#orUndefined(this.#call(METHODS.drop_partition, args, `${database}.${table}`));
  }

  async #orUndefined<R>(answer: Promise<R>): Promise<R | undefined> {
    return answer.catch((error: unknown) => {
      if (refusalOf(error) === 'NoSuchObjectException') return undefined;
      throw error;
    });
  }

  /** @param target what the call is about, for messages */
  #call<A, R>(method: Method<A, R>, args: A, target: string): Promise<R> {
    const answer = this.#queue.then(() => this.#callNow(method, args, target));
    this.#queue = answer.catch(() => undefined);
    return answer;
  }

  async #callNow<A, R>(method: Method<A, R>, args: A, target: string): Promise<R> {
    try {
      return await this.#send(method, args);
    } catch (error) {
      if (!(error instanceof ConnectionLost && error.dropped && method.repeatable)) {
        throw this.#failure(error, method.name, target);
      }
    }
    try {
      return await this.#send(method, args);
    } catch (error) {
      throw this.#failure(error, method.name, target);
    }
  }

  async #send<A, R>(method: Method<A, R>, args: A): Promise<R> {
    const connection = this.#connection?.usable ? this.#connection : await this.#connect();
    this.#connection = connection;
    return connection.call(method, args, this.#callTimeoutMs);
  }

  async #connect(): Promise<ServiceConnection> {
    const failures: string[] = [];
    for (const endpoint of this.#endpoints) {
      try {
        return await this.#open(endpoint, this.#connectTimeoutMs);
      } catch (error) {
        failures.push(`${addressOf(endpoint)}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw unreachable(`No Hive metastore can be reached (${failures.join('; ')}).`, undefined);
  }

  #failure(error: unknown, method: string, target: string): unknown {
    const where = this.#connection ? addressOf(this.#connection.endpoint) : '';
    if (error instanceof ConnectionLost) {
      return unreachable(
        `The Hive metastore at ${where} did not answer ${method} of ${target}: ${error.message}.`,
        error,
      );
    }
    if (!(error instanceof ServiceException)) return error;
    const reason = `${error.exception}: ${error.message}`;
    return new SluiceError(
      'METASTORE_REFUSED',
      `The Hive metastore at ${where} refused ${method} of ${target}: ${reason}.`,
      {
        remedy: 'Its own log says more. The next publication tries again.',
        details: { method, target, exception: error.exception, reason: error.message },
        cause: error,
      },
    );
  }
}

/** The name of the exception with which the metastore refused, or undefined where it is another error. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof SluiceError && error.code === 'METASTORE_REFUSED')) return undefined;
  const exception = error.details['exception'];
  return typeof exception === 'string' ? exception : undefined;
}

/** The table was altered by somebody else since it was read. */
export function isOutdated(error: unknown): boolean {
  if (refusalOf(error) === undefined) return false;
  return /table has been modified/i.test(String((error as SluiceError).details['reason']));
}

function unreachable(message: string, cause: unknown): SluiceError {
  return new SluiceError('METASTORE_UNREACHABLE', message, {
    remedy: 'Start it, or correct HIVE_METASTORE_URIS. Ingestion continues; Hive follows once the metastore is back.',
    cause,
  });
}

function addressOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

function pagesOf<T>(items: readonly T[]): T[][] {
  const pages: T[][] = [];
  for (let start = 0; start < items.length; start += PARTITIONS_PER_CALL) {
    pages.push(items.slice(start, start + PARTITIONS_PER_CALL));
  }
  return pages;
}
