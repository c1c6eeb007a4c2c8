import { type Clock, SYSTEM_CLOCK } from '../../clock/clock.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { decodedPath } from '../../plans/file-place.ts';
import { checkpointPath, LOG_FOLDER, logEntryPath } from '../../plans/table-paths.ts';
import { leadsOut } from '../storage/path.ts';
import type { Storage } from '../storage/storage.ts';
import { type Action, decodeActions, encodeActions } from './actions.ts';
import {
  type CheckpointFormat,
  PARQUET_CHECKPOINT,
  readCheckpoint,
  writeCheckpoint,
  type WrittenCheckpoint,
} from './checkpoint.ts';
import { listLogFiles } from './log-files.ts';
import { Snapshot } from './snapshot.ts';

/** A checkpoint is written each time the version is a multiple of this. */
export const CHECKPOINT_EVERY_COMMITS = 100;
/**
 * How long a version that was there is believed to be there still. Entries are kept for much longer (`vacuum.log_retention` is
 * ten minutes at least), so only a process that has slept may miss that they were cleaned up.
 */
export const TIP_TRUSTED_MS = 60_000;
/** The highest protocol that this code understands; a table that asks for more must not be touched. */
const SUPPORTED = { minReaderVersion: 1, minWriterVersion: 2 };

export interface TableLogOptions {
  /** @default CHECKPOINT_EVERY_COMMITS */
  readonly checkpointEveryCommits?: number;
  /** @default PARQUET_CHECKPOINT */
  readonly checkpointFormat?: CheckpointFormat;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
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
  readonly #clock: Clock;
  /** When the newest version that is known was last seen to be in storage. */
  #tipSeenAt: { readonly nowMs: number; readonly elapsedMs: number } | undefined;

  constructor(storage: Storage, tablePath: string, options: TableLogOptions = {}) {
    this.#storage = storage;
    this.#tablePath = tablePath;
    this.#checkpointEveryCommits = options.checkpointEveryCommits ?? CHECKPOINT_EVERY_COMMITS;
    this.#checkpointFormat = options.checkpointFormat ?? PARQUET_CHECKPOINT;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /**
   * Brings the snapshot up to the newest version, and returns the entries read on the way: what is new costs, not what
   * is there. (The very first call starts from the last checkpoint, whose entries are not returned.)
   * @throws SluiceError LOG_CORRUPT where an entry cannot be read, needs a newer protocol, or names a file that is not the table's; LOG_MOVED_ON where the process has
   *   slept for so long that what follows has been cleaned up: open the log anew
   */
  async refresh(): Promise<LogEntry[]> {
    if (this.snapshot.version < 0) return this.#start();
    await this.#requireTip();
    const entries = await this.#readOn();
    await this.#requireTip();
    return entries;
  }

  /** One version's entry, or undefined where it is not there (not yet, or cleaned up). */
  async readEntry(version: number): Promise<LogEntry | undefined> {
    const bytes = await this.#storage.read(this.#path(logEntryPath(version)));
    if (bytes === undefined) return undefined;
    let actions: Action[];
    try {
      actions = decodeActions(bytes);
    } catch (cause) {
      throw this.#corrupt(version, 'it is not JSON lines', cause);
    }
    this.#requireWithin(version, actions);
    return { version, actions };
  }

  /**
   * Creates the version after the snapshot's. False where another writer has: refresh, decide again, retry.
   * A lost answer needs no care here, since what was written is found by the refresh.
   */
  async create(actions: readonly Action[]): Promise<boolean> {
    const version = this.snapshot.version + 1;
    if (!(await this.#isRetained())) throw this.#movedOn();
    const created = await this.#storage.createIfAbsent(this.#path(logEntryPath(version)), encodeActions(actions));
    // Entries are cleaned up one after the other. While the one before is there, the new one did not fall into a hole.
    if (created && !(await this.#isRetained())) throw this.#movedOn();
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

  /** From the checkpoint that the hint names; where that leads nowhere, from the newest that there is. */
  async #start(): Promise<LogEntry[]> {
    const hinted = await this.#hintedCheckpoint();
    if (hinted !== undefined) await this.#loadCheckpoint(hinted);
    const entries = await this.#readOn();
    if (this.snapshot.version >= 0 && (await this.#isTip())) return entries;
    this.snapshot.clear();
    const newest = await this.#newestCheckpoint();
    if (newest === undefined && entries.length > 0) throw this.#movedOn();
    if (newest === undefined) return [];
    await this.#loadCheckpoint(newest);
    const later = await this.#readOn();
    await this.#requireTip();
    return later;
  }

  async #readOn(): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (;;) {
      const entry = await this.readEntry(this.snapshot.version + 1);
      if (entry === undefined) return entries;
      this.#apply(entry);
      entries.push(entry);
    }
  }

  async #hintedCheckpoint(): Promise<number | undefined> {
    const hint = await this.#storage.read(this.#path(`${LOG_FOLDER}/_last_checkpoint`));
    if (hint === undefined) return undefined;
    const { version } = JSON.parse(hint.toString('utf8')) as { version: number };
    return (await this.#storage.exists(this.#path(checkpointPath(version)))) ? version : undefined;
  }

  async #newestCheckpoint(): Promise<number | undefined> {
    const files = await listLogFiles(this.#storage, this.#tablePath);
    return files.findLast(({ kind }) => kind === 'checkpoint')?.version;
  }

  async #loadCheckpoint(version: number): Promise<void> {
    const path = this.#path(checkpointPath(version));
    const actions = await readCheckpoint(this.#storage, path, this.#checkpointFormat);
    this.#requireWithin(version, actions);
    this.#apply({ version, actions });
  }

  /** Other writers may name files anywhere (PROTOCOL.md#add-file-and-remove-file): here a table is what lies in its folder. */
  #requireWithin(version: number, actions: readonly Action[]): void {
    const outside = actions
      .map(({ add, remove }) => (add ?? remove)?.path)
      .find((path) => path !== undefined && leadsOut(decodedPath(path)));
    if (outside === undefined) return;
    throw this.#corrupt(
      version,
      `it names ${JSON.stringify(outside.slice(0, 200))}, no file within the table’s folder`,
    );
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

  /** Whether the newest version that is known is in storage still: if so, nothing after it has been cleaned up. */
  async #isRetained(): Promise<boolean> {
    const { version } = this.snapshot;
    if (version < 0) return (await this.#newestCheckpoint()) === undefined;
    return this.#storage.exists(this.#path(logEntryPath(version)));
  }

  /** The same, believed for a while. Clocks that stand still are told from sleep by none of the two alone. */
  async #isTip(): Promise<boolean> {
    const before = { nowMs: this.#clock.nowMs(), elapsedMs: this.#clock.elapsedMs() };
    const seen = this.#tipSeenAt;
    const isFresh =
      seen !== undefined &&
      Math.abs(before.nowMs - seen.nowMs) < TIP_TRUSTED_MS &&
      before.elapsedMs - seen.elapsedMs < TIP_TRUSTED_MS;
    if (isFresh) return true;
    const retained = await this.#isRetained();
    if (retained) this.#tipSeenAt = before;
    return retained;
  }

  async #requireTip(): Promise<void> {
    if (!(await this.#isTip())) throw this.#movedOn();
  }

  #movedOn(): SluiceError {
    const { version } = this.snapshot;
    return new SluiceError(
      'LOG_MOVED_ON',
      `The log of ${this.#tablePath} has gone on, and been cleaned up, since version ${version} was read.`,
      { remedy: 'A step that slept for so long begins anew by itself; a dashboard that did must be started again.' },
    );
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
