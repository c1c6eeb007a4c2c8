import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

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
  const environment = join(cacheFolder, 'python');
  const python = join(environment, 'bin', 'python');
  if (!existsSync(join(environment, 'ready'))) {
    run('python3', ['-m', 'venv', environment]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...DELTALAKE]);
    run('touch', [join(environment, 'ready')]);
  }
  return Promise.resolve(
    JSON.parse(run(python, ['-c', SCRIPT, tableUri, JSON.stringify(storageOptions)])) as {
      rows: number;
      positions: number;
      marks: number;
    },
  );
}

function run(file: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.slice(0, 2).join(' ')} failed: ${error?.message ?? stderr}`);
  return stdout;
}
