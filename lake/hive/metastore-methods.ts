import { BOOL, I16, I32, STRING, list, struct, type Codec, type Fields, type StructOf } from './thrift-codec.ts';
import { Database, EnvironmentContext, Partition, Table } from './metastore-types.ts';

/** A method of the service ThriftHiveMetastore. */
export interface Method<Arguments, Result> {
  readonly name: string;
  readonly args: Codec<Arguments>;
  /** Undefined for a method that returns nothing. */
  readonly returns: Codec<Result> | undefined;
  /** Declared exceptions, in the order of their ids, which start at 1. */
  readonly exceptions: readonly string[];
  /** Sent a second time it changes nothing more: then it may be, when the connection was lost before the answer. */
  readonly repeatable: boolean;
}

/**
 * The methods that are called here. Names, field ids and exceptions are those of Apache Hive 2.3.10,
 * `metastore/if/hive_metastore.thrift`, service ThriftHiveMetastore.
 */
export const METHODS = {
  get_database: method('get_database', {
    args: { name: [1, STRING] },
    returns: Database,
    exceptions: ['NoSuchObjectException', 'MetaException'],
    repeatable: true,
  }),
  create_database: method('create_database', {
    args: { database: [1, Database] },
    returns: undefined,
    exceptions: ['AlreadyExistsException', 'InvalidObjectException', 'MetaException'],
    repeatable: false,
  }),
  get_table: method('get_table', {
    args: { dbname: [1, STRING], tbl_name: [2, STRING] },
    returns: Table,
    exceptions: ['MetaException', 'NoSuchObjectException'],
    repeatable: true,
  }),
  create_table: method('create_table', {
    args: { tbl: [1, Table] },
    returns: undefined,
    exceptions: ['AlreadyExistsException', 'InvalidObjectException', 'MetaException', 'NoSuchObjectException'],
    repeatable: false,
  }),
  alter_table_with_environment_context: method('alter_table_with_environment_context', {
    args: {
      dbname: [1, STRING],
      tbl_name: [2, STRING],
      new_tbl: [3, Table],
      environment_context: [4, EnvironmentContext],
    },
    returns: undefined,
    exceptions: ['InvalidOperationException', 'MetaException'],
    repeatable: false,
  }),
  get_partition_names: method('get_partition_names', {
    args: { db_name: [1, STRING], tbl_name: [2, STRING], max_parts: [3, I16] },
    returns: list(STRING),
    exceptions: ['MetaException'],
    repeatable: true,
  }),
  get_partitions_by_names: method('get_partitions_by_names', {
    args: { db_name: [1, STRING], tbl_name: [2, STRING], names: [3, list(STRING)] },
    returns: list(Partition),
    exceptions: ['MetaException', 'NoSuchObjectException'],
    repeatable: true,
  }),
  add_partitions: method('add_partitions', {
    args: { new_parts: [1, list(Partition)] },
    returns: I32,
    exceptions: ['InvalidObjectException', 'AlreadyExistsException', 'MetaException'],
    repeatable: false,
  }),
  alter_partitions_with_environment_context: method('alter_partitions_with_environment_context', {
    args: {
      db_name: [1, STRING],
      tbl_name: [2, STRING],
      new_parts: [3, list(Partition)],
      environment_context: [4, EnvironmentContext],
    },
    returns: undefined,
    exceptions: ['InvalidOperationException', 'MetaException'],
    repeatable: true,
  }),
  drop_partition: method('drop_partition', {
    args: { db_name: [1, STRING], tbl_name: [2, STRING], part_vals: [3, list(STRING)], deleteData: [4, BOOL] },
    returns: BOOL,
    exceptions: ['NoSuchObjectException', 'MetaException'],
    repeatable: false,
  }),
} as const;

function method<F extends Fields, Result = undefined>(
  name: string,
  {
    args,
    returns,
    exceptions,
    repeatable,
  }: { args: F; returns: Codec<Result> | undefined; exceptions: readonly string[]; repeatable: boolean },
): Method<StructOf<F>, Result> {
  return { name, args: struct(`${name}_args`, args), returns, exceptions, repeatable };
}
