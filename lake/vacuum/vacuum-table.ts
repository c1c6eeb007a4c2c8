import type { TableDefinition } from '../../definition/table-definition.ts';
import { sequenceAppId } from '../../plans/batch.ts';
import { maintainedTables } from '../../plans/maintained-table.ts';
import { mainTable } from '../../plans/table-shape.ts';
import {
  type JudgedFile,
  MAX_UNSETTLED_NAMED,
  ReasonTally,
  type VacuumedTable,
  type VacuumReport,
} from '../../plans/vacuum-report.ts';
import { settledVersion, VACUUM_APP_ID, VACUUM_REASONS, vacuumReasons, type VacuumView } from '../../plans/vacuum.ts';
import { commitFence, commitVacuumed, newestFence } from '../commit-fence.ts';
import { endedBackfills } from '../ended-backfills.ts';
import { bringUpToDate } from '../hive/bring-up-to-date.ts';
import type { HiveMetastore } from '../hive/metastore.ts';
import { HivePublisher } from '../hive/publisher.ts';
import { PARQUET_CHECKPOINT } from '../log/checkpoint.ts';
import { listLogFiles, type LogFile } from '../log/log-files.ts';
import { TableLog, type TableLogOptions } from '../log/table-log.ts';
import type { Storage } from '../storage/storage.ts';
import { type ReasonedFile, judgedBookkeeping, doomedLogFiles } from './bookkeeping.ts';
import { expiredVersions, vacuumView } from './vacuum-view.ts';

/** Files deleted by one call to the storage; between two calls a vacuum can be cancelled. */
export const FILES_DELETED_AT_ONCE = 500;

/** What a vacuum works with. */
export interface VacuumParts {
  readonly storage: Storage;
  readonly metastore: HiveMetastore;
  readonly log?: TableLogOptions;
}

export interface VacuumRequest {
  readonly definition: TableDefinition;
  /** Only tell what would be deleted. Then the time is this machine's. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** Hears of each file that was looked at. */
  readonly onFile?: (file: JudgedFile) => void;
}

/**
 * The only deleter (DESIGN: "Vacuum"). Of each of the definition's tables it brings Hive up to date, sets a fence, lists the
 * files, reads the log, and deletes what may go. It may be killed or overtaken at any point, and may be run by several at once.
 * @throws SluiceError METASTORE_UNREACHABLE where Hive cannot be asked: then nothing is deleted
 */
export async function vacuumTable(parts: VacuumParts, request: VacuumRequest): Promise<VacuumReport> {
  const { definition, dryRun } = request;
  const tables: VacuumedTable[] = [];
  for (const { shape } of maintainedTables(definition)) {
    tables.push(await new Vacuum(parts, request, shape).run());
  }
  return { table: definition.table, dryRun, tables };
}

interface ListedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What the beginning has made known. */
interface Prepared {
  readonly expired: VacuumView['expired'];
  readonly logFiles: readonly LogFile[];
  /** By the storage's clock; in a dry run by this machine's. */
  readonly nowMs: number;
}

class Vacuum {
  readonly #parts: VacuumParts;
  readonly #request: VacuumRequest;
  readonly #shape: ReturnType<typeof mainTable>;
  readonly #log: TableLog;
  readonly #publisher: HivePublisher;
  readonly #tally = new ReasonTally();

  constructor(parts: VacuumParts, request: VacuumRequest, shape: ReturnType<typeof mainTable>) {
    this.#parts = parts;
    this.#request = request;
    this.#shape = shape;
    this.#log = new TableLog(parts.storage, shape.path, parts.log);
    this.#publisher = new HivePublisher({ metastore: parts.metastore, storage: parts.storage, shape });
  }

  async run(): Promise<VacuumedTable> {
    const { table } = this.#shape;
    const { snapshot } = this.#log;
    await this.#log.refresh();
    if (snapshot.version < 0) return { table, version: -1, unsettled: [], unsettledTotal: 0, reasons: {} };
    const prepared = await this.#prepare();
    const listed = await this.#listDataFiles();
    const view = await this.#look(prepared.expired);
    const reasonOf = vacuumReasons(view);
    await this.#delete(this.#judge(listed.map((file) => ({ ...file, reason: reasonOf(file.path) }))));
    if (!this.#request.dryRun) await this.#settle(view, reasonOf);
    await this.#tidy(prepared, view.committedSequence);
    // What the vacuum itself has added to the log shall not look as if Hive lagged behind.
    if (!this.#request.dryRun) await bringUpToDate(this.#publisher, this.#log);
    const unsettled = [...view.unsettled].sort().slice(0, MAX_UNSETTLED_NAMED);
    const unsettledTotal = view.unsettled.size;
    return { table, version: snapshot.version, unsettled, unsettledTotal, reasons: this.#tally.reasons };
  }

  /** Notes what becomes of files, and returns those that go. */
  #judge(files: readonly ReasonedFile[]): ReasonedFile[] {
    for (const file of files) {
      this.#tally.add(file.reason, file.sizeBytes);
      this.#request.onFile?.({ table: this.#shape.table, ...file });
    }
    return files.filter(({ reason }) => VACUUM_REASONS[reason].deletes);
  }

  /** Sets the fence, whose entry also tells what time it is in the storage. */
  async #prepare(): Promise<Prepared> {
    const { dryRun, definition } = this.#request;
    const fence = dryRun
      ? await newestFence(this.#log)
      : await commitFence(this.#log, await bringUpToDate(this.#publisher, this.#log));
    const logFiles = await listLogFiles(this.#parts.storage, this.#shape.path);
    const entries = logFiles.filter(({ kind }) => kind === 'entry');
    const ownEntry = entries.find(({ version }) => version === fence?.version);
    const nowMs = dryRun ? Date.now() : (ownEntry?.modifiedAtMs ?? 0);
    const expired = await expiredVersions(this.#log, fence, entries, nowMs, definition.vacuum.graceMs);
    return { expired, logFiles, nowMs };
  }

  /** All but log and bookkeeping, whose folders begin with `_`: names of other folders come after it. */
  async #listDataFiles(): Promise<ListedFile[]> {
    const { storage } = this.#parts;
    const folder = this.#shape.path;
    const listed: ListedFile[] = [];
    for await (const { path, sizeBytes } of storage.list(folder, { after: `${folder}/\``, deep: true })) {
      listed.push({ path: path.slice(folder.length + 1), sizeBytes });
      if (listed.length % FILES_DELETED_AT_ONCE === 0) this.#request.signal.throwIfAborted();
    }
    return listed;
  }

  /** The main log is read first: of what it calls committed, the other logs lack nothing. */
  async #look(expired: VacuumView['expired']): Promise<VacuumView> {
    const { definition } = this.#request;
    const main = mainTable(definition);
    const mainLog =
      main.path === this.#shape.path ? this.#log : new TableLog(this.#parts.storage, main.path, this.#parts.log);
    await mainLog.refresh();
    const committedSequence = mainLog.snapshot.transactionVersion(sequenceAppId(definition.source.topic)) ?? 0;
    const hive = await this.#publisher.view();
    await this.#log.refresh();
    return vacuumView(this.#shape, this.#log, hive, { committedSequence, expired });
  }

  /** @param atOnce 1 where each must be gone before the next goes */
  async #delete(files: readonly ReasonedFile[], atOnce = FILES_DELETED_AT_ONCE): Promise<void> {
    if (this.#request.dryRun) return;
    for (let start = 0; start < files.length; start += atOnce) {
      this.#request.signal.throwIfAborted();
      const paths = files.slice(start, start + atOnce).map(({ path }) => `${this.#shape.path}/${path}`);
      await this.#parts.storage.remove(paths);
    }
  }

  /** Plans, seals, audits, what backfills have left, and last the log itself. */
  async #tidy({ logFiles, nowMs }: Prepared, committedSequence: number): Promise<void> {
    const { storage, log } = this.#parts;
    const { path } = this.#shape;
    const view = { committedSequence, nowMs, logRetentionMs: this.#request.definition.vacuum.logRetentionMs };
    const ended = (numbers: readonly number[]): Promise<Set<number>> =>
      endedBackfills(storage, this.#request.definition, numbers, log);
    await this.#delete(this.#judge(await judgedBookkeeping(storage, path, view, ended)));
    const format = log?.checkpointFormat ?? PARQUET_CHECKPOINT;
    await this.#delete(this.#judge(await doomedLogFiles(storage, path, logFiles, view, format)), 1);
  }

  /** Lets the log forget what is deleted. */
  async #settle(view: VacuumView, reasonOf: ReturnType<typeof vacuumReasons>): Promise<void> {
    const kept = [...view.removed.keys()].filter((path) => !VACUUM_REASONS[reasonOf(path)].deletes);
    const settled = settledVersion(view, kept);
    const known = this.#log.snapshot.transactionVersion(VACUUM_APP_ID) ?? -1;
    const isNews = [...view.removed.values()].some(({ version }) => version > known && version <= settled);
    if (isNews) await commitVacuumed(this.#log, settled);
    await this.#log.checkpointIfDue();
  }
}
