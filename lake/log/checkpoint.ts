import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { scratchFailure } from '../../errors/scratch-failure.ts';
import type { Storage } from '../storage/storage.ts';
import type { Action } from './actions.ts';
import type { Snapshot } from './snapshot.ts';

/** Schema of a classic checkpoint (PROTOCOL.md#checkpoint-schema), as DuckDB types. */
const COLUMNS = `{
  txn: 'STRUCT("appId" VARCHAR, "version" BIGINT, "lastUpdated" BIGINT)',
  "add": 'STRUCT("path" VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "modificationTime" BIGINT, "dataChange" BOOLEAN, "stats" VARCHAR, "tags" MAP(VARCHAR, VARCHAR))',
  "remove": 'STRUCT("path" VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN, "extendedFileMetadata" BOOLEAN, "partitionValues" MAP(VARCHAR, VARCHAR), "size" BIGINT, "tags" MAP(VARCHAR, VARCHAR))',
  "metaData": 'STRUCT("id" VARCHAR, "name" VARCHAR, "description" VARCHAR, "format" STRUCT("provider" VARCHAR, "options" MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR, "partitionColumns" VARCHAR[], "configuration" MAP(VARCHAR, VARCHAR), "createdTime" BIGINT)',
  "protocol": 'STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER)'
}`;

/** How a checkpoint's actions become a file, and come back from one. */
export interface CheckpointFormat {
  /** @returns the file's size */
  write(actions: readonly Action[], localPath: string): Promise<number>;
  read(localPath: string): Promise<Action[]>;
}

/** A classic checkpoint: one Parquet file, written and read by DuckDB. */
export const PARQUET_CHECKPOINT: CheckpointFormat = {
  async write(actions, localPath) {
    const spool = `${localPath}.ndjson`;
    await writeFile(spool, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
    await DuckDbSession.once(
      `COPY (SELECT * FROM read_json(${literal(spool)}, format = 'newline_delimited', columns = ${COLUMNS}))
       TO ${literal(localPath)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    return (await stat(localPath)).size;
  },

  async read(localPath) {
    const from = literal(localPath);
    const rows = await DuckDbSession.once(
      `SELECT to_json(action)::VARCHAR AS action FROM read_parquet(${from}) action`,
    );
    return rows.map((row) => JSON.parse(String(row['action']), dropNull) as Action);
  },
};

export interface WrittenCheckpoint {
  readonly actions: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Writes a snapshot as a Parquet checkpoint: protocol, metadata, every transaction, live files, and removed files that a
 * vacuum may still need to know.
 */
export async function writeCheckpoint(
  storage: Storage,
  path: string,
  snapshot: Snapshot,
  format: CheckpointFormat,
): Promise<WrittenCheckpoint> {
  const actions = actionsOf(snapshot);
  return storage.withScratchFolder(async (folder) => {
    const localPath = join(folder, 'checkpoint.parquet');
    const sizeBytes = await format.write(actions, localPath).catch((thrown: unknown) => {
      throw scratchFailure(folder, thrown) ?? thrown;
    });
    await storage.addFiles([{ localPath, path }]);
    return { actions: actions.length, files: snapshot.files.size, sizeBytes };
  });
}

export async function readCheckpoint(storage: Storage, path: string, format: CheckpointFormat): Promise<Action[]> {
  return storage.readLocally([path], ([local = '']) => format.read(local), { keep: false });
}

function actionsOf(snapshot: Snapshot): Action[] {
  const actions: Action[] = [];
  if (snapshot.protocol) actions.push({ protocol: snapshot.protocol });
  if (snapshot.metaData) actions.push({ metaData: snapshot.metaData });
  for (const txn of snapshot.transactions.values()) actions.push({ txn });
  for (const add of snapshot.files.values()) actions.push({ add: { ...add, dataChange: false } });
  for (const remove of snapshot.removed.values()) actions.push({ remove: { ...remove, dataChange: false } });
  return actions;
}

/** A struct's missing fields come back as null; in the log they are left out. */
function dropNull(_key: string, value: unknown): unknown {
  return value ?? undefined;
}
