import { asSluiceError, type SluiceError } from '../../errors/sluice-error.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { partitionAppId } from '../../plans/batch.ts';
import { CATCH_UP_INTERVAL_MS } from '../../plans/publication.ts';
import { mainTable, rejectedTable } from '../../plans/table-shape.ts';
import { type Commit, commitOf, commitsSince } from './commits.ts';
import { FileIndex } from './file-index.ts';
import type { CommittedFile, ReadableFile } from './health-sql.ts';
import { AuditWatch } from './audit-watch.ts';
import { LogTail } from './log-tail.ts';
import { HOUR_MS, TableFigures } from './table-figures.ts';

/** How often the log is looked at for its next entry: one attempt to open a file. */
export const POLL_EVERY_MS = 250;
/** How long to wait after the lake failed. */
export const RETRY_AFTER_MS = 2_000;
/** Commits that come this soon after another may not know yet whether it is in Hive: the last ones of a catch-up never say. */
export const TOLD_AFTER_MS = 5 * CATCH_UP_INTERVAL_MS;

/** Follows one table's log from its newest state on, and tells of its commits. Rows are somebody else's concern. */
export class TableFollower {
  readonly definition: TableDefinition;
  readonly log: TableLog;
  readonly files: FileIndex;
  /** Those of the rejected table, as far as `countRejected` has come. */
  readonly rejectedFiles: FileIndex;
  readonly figures = new TableFigures();
  readonly audits: AuditWatch;
  /** Why the log or the rows cannot be read at the moment. */
  problem: SluiceError | undefined;
  readonly #storage: Storage;
  readonly #tail: LogTail;
  readonly #rejectedLog: TableLog;
  readonly #rejectedTail: LogTail;
  #rejectedDue = true;
  readonly #commitOfFile = new Map<string, { readonly version: number; readonly atMs: number }>();
  readonly #commitTimes = new Map<number, number>();

  constructor(storage: Storage, definition: TableDefinition) {
    this.definition = definition;
    this.#storage = storage;
    this.log = new TableLog(storage, mainTable(definition).path);
    this.#tail = new LogTail(this.log);
    this.#rejectedLog = new TableLog(storage, rejectedTable(definition).path);
    this.#rejectedTail = new LogTail(this.#rejectedLog);
    this.audits = new AuditWatch(storage, mainTable(definition).path);
    this.files = new FileIndex(definition.eventTime.column, definition.compaction.sealAfterMs);
    this.rejectedFiles = new FileIndex('kafka_timestamp');
  }

  /** False while the table has no log. */
  get exists(): boolean {
    return this.log.snapshot.version >= 0;
  }

  get rejectedTotal(): number {
    return this.rejectedFiles.rowsTotal;
  }

  /** Of the rejected table's log, as far as `countRejected` has come. */
  get rejectedVersion(): number {
    return this.#rejectedLog.snapshot.version;
  }

  /** Reads the table's state and the last hour's commits, once it exists. */
  async open(nowMs: number): Promise<boolean> {
    if (!(await this.#tail.open())) return false;
    this.files.putAll(this.log.snapshot.files.values());
    for (const commit of (await commitsSince(this.log, nowMs - HOUR_MS)).reverse()) this.#note(commit);
    return true;
  }

  /** The commits since the last call. */
  async poll(): Promise<Commit[]> {
    const entries = await this.#tail.next();
    const commits = entries.map(commitOf);
    for (const entry of entries) this.files.apply(entry.actions);
    for (const commit of commits) this.#note(commit);
    this.#rejectedDue ||= commits.some(({ rejected }) => rejected > 0);
    return commits;
  }

  /** Brings the count of rejected rows up to date, where a commit has changed it. */
  async countRejected(): Promise<void> {
    if (!this.#rejectedDue) return;
    if (this.#rejectedLog.snapshot.version < 0) {
      await this.#rejectedTail.open();
      this.rejectedFiles.putAll(this.#rejectedLog.snapshot.files.values());
    } else {
      for (const { actions } of await this.#rejectedTail.next()) this.rejectedFiles.apply(actions);
    }
    this.#rejectedDue = false;
  }

  /** A live file with the commit that brought it, if that was in the last hour. */
  committedFile({ path, maxTimeMs }: { readonly path: string; readonly maxTimeMs: number }): CommittedFile {
    return { path, commit: this.#commitOfFile.get(path), maxTimeMs };
  }

  /** Has files at hand for DuckDB until `use` has ended. */
  async readFiles<T>(files: readonly CommittedFile[], use: (files: readonly ReadableFile[]) => Promise<T>): Promise<T> {
    const folder = mainTable(this.definition).path;
    const paths = files.map(({ path }) => `${folder}/${path}`);
    return this.#storage.readLocally(paths, (local) =>
      use(files.map((file, index) => ({ ...file, readPath: local[index] ?? '' }))),
    );
  }

  /** When a version of the last hour was committed. */
  commitTimeOf(version: number): number | undefined {
    return this.#commitTimes.get(version);
  }

  /**
   * Since when Hive has been behind the log: when the first version with rows was committed that is not known to be in
   * Hive. The newest ones do not count, since only a later commit tells of their publication.
   */
  hiveBehindSinceMs(hiveVersion: number): number | null {
    const toldBeforeMs = Math.max(...this.#commitTimes.values()) - TOLD_AFTER_MS;
    const missing = [...this.#commitTimes]
      .filter(([version, atMs]) => version > hiveVersion && atMs < toldBeforeMs)
      .map(([, atMs]) => atMs);
    return missing.length === 0 ? null : Math.min(...missing);
  }

  /** The next offset that is not committed, by partition. */
  committedOffsets(): Map<number, bigint> {
    const prefix = partitionAppId(this.definition.source.topic, '');
    const offsets = new Map<number, bigint>();
    for (const { appId, version } of this.log.snapshot.transactions.values()) {
      if (appId.startsWith(prefix)) offsets.set(Number(appId.slice(prefix.length)), BigInt(version));
    }
    return offsets;
  }

  trim(nowMs: number): void {
    this.figures.trim(nowMs);
    for (const [path, { version, atMs }] of this.#commitOfFile) {
      if (atMs >= nowMs - HOUR_MS) break;
      this.#commitOfFile.delete(path);
      this.#commitTimes.delete(version);
    }
  }

  /** Runs a piece of work against the lake; what goes wrong is kept to be shown. */
  async guard<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.problem = undefined;
      return result;
    } catch (thrown) {
      this.problem = asSluiceError(thrown);
      return undefined;
    }
  }

  #note(commit: Commit): void {
    this.figures.addCommit(commit);
    if (commit.newFiles.length > 0) this.#commitTimes.set(commit.version, commit.atMs);
    for (const path of commit.newFiles) this.#commitOfFile.set(path, { version: commit.version, atMs: commit.atMs });
  }
}
