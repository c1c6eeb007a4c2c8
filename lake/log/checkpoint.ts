import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
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

export interface WrittenCheckpoint {
  readonly actions: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/**
 * Writes a snapshot as a Parquet checkpoint: protocol, metadata, every transaction, live files, and removed files that a
 * vacuum may still need to know.
 */
export async function writeCheckpoint(storage: Storage, path: string, snapshot: Snapshot): Promise<WrittenCheckpoint> {
  const actions = actionsOf(snapshot);
  const folder = await storage.scratchFolder();
  try {
    const spool = join(folder, 'checkpoint.ndjson');
    const local = join(folder, 'checkpoint.parquet');
    await writeFile(spool, actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
    await DuckDbSession.once(
      `COPY (SELECT * FROM read_json(${literal(spool)}, format = 'newline_delimited', columns = ${COLUMNS}))
       TO ${literal(local)} (FORMAT parquet, COMPRESSION snappy)`,
    );
    const { size } = await stat(local);
    await storage.addFiles([{ localPath: local, path }]);
    return { actions: actions.length, files: snapshot.files.size, sizeBytes: size };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function readCheckpoint(storage: Storage, path: string): Promise<Action[]> {
  const from = literal(storage.readPathOf(path));
  const rows = await DuckDbSession.once(`SELECT to_json(action)::VARCHAR AS action FROM read_parquet(${from}) action`);
  return rows.map((row) => JSON.parse(String(row['action']), dropNull) as Action);
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
