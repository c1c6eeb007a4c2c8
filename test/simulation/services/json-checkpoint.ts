import type { Action } from '../../../lake/log/actions.ts';
import type { CheckpointFormat } from '../../../lake/log/checkpoint.ts';
import type { SimulatedProcess } from '../world/process.ts';

/**
 * Checkpoints as JSON. Parquet would need DuckDB and real files, which can't be stopped half-way; that a checkpoint's
 * actions come back from Parquet as they went in is tested with the log.
 */
export function jsonCheckpoint(process: SimulatedProcess): CheckpointFormat {
  return {
    write(actions, localPath) {
      const bytes = Buffer.from(JSON.stringify(actions));
      process.scratch.set(localPath, bytes);
      return Promise.resolve(bytes.length);
    },
    read(localPath) {
      const bytes = process.scratch.get(localPath);
      if (bytes === undefined) throw new Error(`there is no local file ${localPath}`);
      return Promise.resolve(JSON.parse(bytes.toString()) as Action[]);
    },
  };
}
