import { BOOL, STRING, struct } from '../../../lake/hive/thrift-codec.ts';
import { ThriftConnection } from '../../../lake/hive/thrift-connection.ts';
import type { TableShape } from '../../../plans/table-shape.ts';

/** As an operator would from a Hive shell. */
export async function dropTable(
  endpoint: { readonly host: string; readonly port: number },
  { database: dbname, table: name }: TableShape,
): Promise<void> {
  const connection = await ThriftConnection.open(endpoint, 5_000);
  const args = struct('drop_table_args', { dbname: [1, STRING], name: [2, STRING], deleteData: [3, BOOL] });
  const exceptions = ['NoSuchObjectException', 'MetaException'];
  const method = { name: 'drop_table', args, returns: undefined, exceptions, repeatable: false };
  await connection.call(method, { dbname, name, deleteData: false }, 30_000);
  connection.close();
}
