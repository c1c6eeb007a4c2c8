import { SluiceError } from '../../errors/sluice-error.ts';
import { checkpointPath, LOG_FOLDER, logEntryPath } from '../../plans/table-paths.ts';
import type { Storage } from '../storage/storage.ts';
import { type Action, decodeActions, encodeActions } from './actions.ts';
import {
  type CheckpointFormat,
  PARQUET_CHECKPOINT,
  readCheckpoint,
  writeCheckpoint,
  type WrittenCheckpoint,
} from './checkpoint.ts';
import { Snapshot } from './snapshot.ts';

/** A checkpoint is written each time the version is a multiple of this. */
export const CHECKPOINT_EVERY_COMMITS = 100;
/** The highest protocol that this code understands; a table that asks for more must not be touched. */
const SUPPORTED = { minReaderVersion: 1, minWriterVersion: 2 };

export interface TableLogOptions {
  /** @default CHECKPOINT_EVERY_COMMITS */
  readonly checkpointEveryCommits?: number;
  /** @default PARQUET_CHECKPOINT */
  readonly checkpointFormat?: CheckpointFormat;
}

/** One version of the log as it was read. */
export interface LogEntry {
  readonly version: number;
  readonly actions: readonly Action[];
}

/** The transaction log of one table: followed entry by entry, and added to by creating the next. */
export class TableLog {
  readonly snapshot = new Snapshot();
  readonly #storage: Storage;
  readonly #tablePath: string;
  readonly #checkpointEveryCommits: number;
  readonly #checkpointFormat: CheckpointFormat;

  constructor(storage: Storage, tablePath: string, options: TableLogOptions = {}) {
    this.#storage = storage;
    this.#tablePath = tablePath;
    this.#checkpointEveryCommits = options.checkpointEveryCommits ?? CHECKPOINT_EVERY_COMMITS;
    this.#checkpointFormat = options.checkpointFormat ?? PARQUET_CHECKPOINT;
  }

  /**
   * Brings the snapshot up to the newest version, and returns the entries read on the way: what is new costs, not what
   * is there. (The very first call starts from the last checkpoint, whose entries are not returned.)
   * @throws SluiceError LOG_CORRUPT where an entry cannot be read, or needs a newer protocol
   */
  async refresh(): Promise<LogEntry[]> {
    if (this.snapshot.version < 0) await this.#startFromCheckpoint();
    const entries: LogEntry[] = [];
    for (;;) {
      const entry = await this.readEntry(this.snapshot.version + 1);
      if (entry === undefined) return entries;
      this.#apply(entry);
      entries.push(entry);
    }
  }

  /** One version's entry, or undefined where it is not there (not yet, or cleaned up). */
  async readEntry(version: number): Promise<LogEntry | undefined> {
    const bytes = await this.#storage.read(this.#path(logEntryPath(version)));
    if (bytes === undefined) return undefined;
    try {
      return { version, actions: decodeActions(bytes) };
    } catch (cause) {
      throw this.#corrupt(version, 'it is not JSON lines', cause);
    }
  }

  /**
   * Creates the version after the snapshot's. False where another writer has: refresh, decide again, retry.
   * A lost answer needs no care here, since what was written is found by the refresh.
   */
  async create(actions: readonly Action[]): Promise<boolean> {
    const version = this.snapshot.version + 1;
    await this.#assertTipIsRetained();
    const created = await this.#storage.createIfAbsent(this.#path(logEntryPath(version)), encodeActions(actions));
    if (created) this.#apply({ version, actions });
    return created;
  }

  /** Writes a checkpoint of the snapshot where one is due; readers may then skip all entries before. */
  async checkpointIfDue(): Promise<boolean> {
    const { version } = this.snapshot;
    if (version <= 0 || version % this.#checkpointEveryCommits !== 0) return false;
    const path = this.#path(checkpointPath(version));
    if (await this.#storage.exists(path)) return false;
    const written = await this.#writeUnlessThere(path);
    if (written === undefined) return false;
    const hint = { version, size: written.actions, sizeInBytes: written.sizeBytes, numOfAddFiles: written.files };
    await this.#storage.replaceHint(this.#path(`${LOG_FOLDER}/_last_checkpoint`), Buffer.from(JSON.stringify(hint)));
    return true;
  }

  /** Another writer may come to the same version, and be first: its checkpoint says the same. */
  async #writeUnlessThere(path: string): Promise<WrittenCheckpoint | undefined> {
    try {
      return await writeCheckpoint(this.#storage, path, this.snapshot, this.#checkpointFormat);
    } catch (error) {
      if (await this.#storage.exists(path)) return undefined;
      throw error;
    }
  }

  async #startFromCheckpoint(): Promise<void> {
    const hint = await this.#storage.read(this.#path(`${LOG_FOLDER}/_last_checkpoint`));
    if (hint === undefined) return;
    const { version } = JSON.parse(hint.toString('utf8')) as { version: number };
    const path = this.#path(checkpointPath(version));
    const actions = await readCheckpoint(this.#storage, path, this.#checkpointFormat);
    this.#apply({ version, actions });
  }

  #apply(entry: LogEntry): void {
    this.snapshot.apply(entry.version, entry.actions);
    const protocol = this.snapshot.protocol;
    if (
      protocol !== undefined &&
      (protocol.minReaderVersion > SUPPORTED.minReaderVersion || protocol.minWriterVersion > SUPPORTED.minWriterVersion)
    ) {
      throw this.#corrupt(entry.version, `it needs Delta protocol ${JSON.stringify(protocol)}, newer than known here`);
    }
  }

  /** A writer that slept past the log's clean-up must not create a version that readers have left behind. */
  async #assertTipIsRetained(): Promise<void> {
    const { version } = this.snapshot;
    if (version < 0 || (await this.#storage.exists(this.#path(logEntryPath(version))))) return;
    throw new SluiceError('LOG_INCONSISTENT', `Version ${version} of ${this.#tablePath}'s log is gone.`, {
      remedy: 'Restart the worker, so that it reads the log again from its newest checkpoint.',
    });
  }

  #path(name: string): string {
    return `${this.#tablePath}/${name}`;
  }

  #corrupt(version: number, why: string, cause?: unknown): SluiceError {
    const file = this.#storage.uriOf(this.#path(logEntryPath(version)));
    return new SluiceError('LOG_CORRUPT', `The log entry ${file} cannot be used: ${why}.`, {
      remedy: 'Restore that file from a backup; nothing was written after it.',
      cause,
    });
  }
}
