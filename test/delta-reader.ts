import { join } from 'node:path';
import { pythonEnvironment, run } from './python-environment.ts';

const DELTALAKE = ['deltalake==1.6.6', 'pyarrow'];
const SCRIPT = `
import json, os, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1], storage_options=json.loads(sys.argv[2])).to_pyarrow_table(columns=["kafka_partition", "kafka_offset", "load_1"])
columns = table.to_pydict()
positions = set(zip(columns["kafka_partition"], columns["kafka_offset"]))
print(json.dumps({"rows": table.num_rows, "positions": len(positions), "marks": int(sum(columns["load_1"]))}), flush=True)
# Threads of pyarrow that still run while the interpreter is taken down abort the process now and then, long after the answer.
os._exit(0)
`;

/** What the deltalake package finds in a table: an implementation of the protocol that has nothing to do with ours. */
export async function deltaRows(
  tableUri: string,
  cacheFolder: string,
  storageOptions: Readonly<Record<string, string>> = {},
): Promise<{ rows: number; positions: number; marks: number }> {
  const python = join(pythonEnvironment(cacheFolder, 'python', DELTALAKE), 'bin', 'python');
  return Promise.resolve(
    JSON.parse(run(python, ['-c', SCRIPT, tableUri, JSON.stringify(storageOptions)])) as {
      rows: number;
      positions: number;
      marks: number;
    },
  );
}

const COLUMN_SCRIPT = `
import json, os, sys
from deltalake import DeltaTable
table = DeltaTable(sys.argv[1]).to_pyarrow_table(columns=["kafka_offset", sys.argv[2]]).sort_by("kafka_offset")
print(json.dumps(table.column(sys.argv[2]).to_pylist()), flush=True)
os._exit(0)
`;

/** A column's values as the deltalake package finds them, in the order of their offsets. */
export function deltaColumn(tableUri: string, cacheFolder: string, column: string): unknown[] {
  const python = join(pythonEnvironment(cacheFolder, 'python', DELTALAKE), 'bin', 'python');
  return JSON.parse(run(python, ['-c', COLUMN_SCRIPT, tableUri, column])) as unknown[];
}
