import { LOG_FOLDER, pad } from '../../plans/table-paths.ts';
import type { Storage } from '../storage/storage.ts';

/** A file of a log, as storage lists it. */
export interface LogFile {
  readonly kind: 'entry' | 'checkpoint';
  readonly version: number;
  /** From the storage's root. */
  readonly path: string;
  readonly sizeBytes: number;
  /** By the storage's clock. */
  readonly modifiedAtMs: number;
}

const ENTRY = /\/(\d{20})\.json$/;
const CHECKPOINT = /\/(\d{20})\.checkpoint\.parquet$/;

/**
 * The entries and checkpoints of a table's log, in ascending order of their versions; what else lies there is left out.
 * @param from only versions from this one on
 */
export async function listLogFiles(storage: Storage, tablePath: string, from = 0): Promise<LogFile[]> {
  const files: LogFile[] = [];
  const after = `${tablePath}/${LOG_FOLDER}/${pad(from, 20)}`;
  for await (const { path, sizeBytes, modifiedAtMs } of storage.list(`${tablePath}/${LOG_FOLDER}`, { after })) {
    const entry = ENTRY.exec(path)?.[1];
    const version = entry ?? CHECKPOINT.exec(path)?.[1];
    if (version === undefined) continue;
    const kind = entry === undefined ? 'checkpoint' : 'entry';
    files.push({ kind, version: Number(version), path, sizeBytes, modifiedAtMs });
  }
  return files;
}

/**
 * What time it is, as the storage has dated the newest entry: never later than now, whatever this machine's clock says, so that
 * nothing goes too early.
 */
export async function newestEntryMs(storage: Storage, tablePath: string, version: number): Promise<number> {
  const files = await listLogFiles(storage, tablePath, version);
  return files.find((file) => file.kind === 'entry' && file.version === version)?.modifiedAtMs ?? 0;
}
