import type { TableDefinition } from '../definition/table-definition.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { committedOffsets, committedSequence as committedSequenceOf } from '../lake/committed.ts';
import { sourceOf, type TableSource } from '../lake/ensure-table.ts';
import type { AddFile } from '../lake/log/actions.ts';
import { readLosses } from '../lake/losses.ts';
import { rowCountOf, type Snapshot } from '../lake/log/snapshot.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { LoggedFile, TableFiles } from '../plans/audit-files.ts';
import type { RedefinedRange } from '../plans/backfill-definitions.ts';
import { turnRewriteId } from '../plans/backfill-turn.ts';
import type { LostRange } from '../plans/batch.ts';
import { decodedPath } from '../plans/file-place.ts';
import { partitionName } from '../plans/partition-name.ts';
import { wantedPartitions } from '../plans/publication.ts';
import { BACKFILL_APP_ID, FENCE_APP_ID, RETENTION_ID_PREFIX, rewriteAppId } from '../plans/rewrite.ts';
import { archiveTable, mainTable, rejectedTable, type TableShape } from '../plans/table-shape.ts';
import { type LiveFile, liveFile } from './live-files.ts';

/** One log's table at the version where the audit began. */
export interface TableView {
  readonly shape: TableShape;
  readonly log: TableLog;
  readonly version: number;
  readonly live: readonly LiveFile[];
}

/** An archive's log, read after the table's: it may be ahead by a batch. */
export interface ArchiveView extends TableView {
  /** Next offset of each Kafka partition, by the log that is further. */
  readonly committed: ReadonlyMap<number, bigint>;
  /** Times that retention has dropped days of it. */
  readonly drops: number;
}

/** The tables of one definition, and how far they are committed. */
export interface AuditedTable {
  readonly definition: TableDefinition;
  readonly main: TableView;
  readonly rejected: TableView;
  /** Undefined where the definition has no archive. */
  readonly archive: ArchiveView | undefined;
  /** The topic that the table was filled from; undefined where it has not begun. */
  readonly source: TableSource | undefined;
  /** Next offset of each Kafka partition. */
  readonly committed: ReadonlyMap<number, bigint>;
  readonly committedSequence: number;
  /** Version of the last backfill; undefined where there was none. */
  readonly backfilledAt: number | undefined;
  /** What backfills have derived anew, in the order of their commits. */
  readonly redefined: readonly RedefinedRange[];
  /** Times that retention has dropped partitions, of either table. */
  readonly drops: number;
  /** Offsets that operators have given up: committed, and without rows. */
  readonly lost: readonly LostRange[];
}

/**
 * Reads the logs, the main one first: a batch's rejected rows are committed before its rows, so of what the main log
 * calls committed the rejected log lacks nothing.
 */
export async function viewTable(storage: Storage, definition: TableDefinition): Promise<AuditedTable> {
  const main = await view(storage, mainTable(definition));
  const { snapshot } = main.log;
  const { topic } = definition.source;
  const committed = committedOffsets(snapshot, topic);
  const committedSequence = committedSequenceOf(snapshot, topic);
  const lost = await readLosses(storage, main.shape.path, committedSequence);
  const source = snapshot.metaData && sourceOf(snapshot.metaData);
  const backfilledAt = snapshot.transactionVersion(BACKFILL_APP_ID);
  const rejected = await view(storage, rejectedTable(definition));
  const archive = definition.archive && (await archiveView(storage, definition, committed));
  const drops = dropsOf(snapshot) + dropsOf(rejected.log.snapshot);
  const redefined = await redefinedRanges(storage, main);
  const stand = { source, committed, committedSequence, backfilledAt, redefined, drops, lost };
  return { definition, main, rejected, archive, ...stand };
}

async function archiveView(
  storage: Storage,
  definition: TableDefinition,
  committed: ReadonlyMap<number, bigint>,
): Promise<ArchiveView> {
  const archive = await view(storage, archiveTable(definition));
  const ends = new Map(committed);
  for (const [partition, end] of committedOffsets(archive.log.snapshot, definition.source.topic)) {
    if (end > (ends.get(partition) ?? 0n)) ends.set(partition, end);
  }
  return { ...archive, committed: ends, drops: dropsOf(archive.log.snapshot) };
}

/** A backfill starts from a version above that of the one before, so that these order them. */
async function redefinedRanges(storage: Storage, { shape, log }: TableView): Promise<RedefinedRange[]> {
  const files = new BackfillFiles(storage, shape.path);
  const committed: { readonly version: number; readonly ranges: readonly RedefinedRange[] }[] = [];
  for (const number of await files.numbers()) {
    const version = log.snapshot.transactionVersion(rewriteAppId(turnRewriteId({ number, step: 'replace' })));
    if (version === undefined) continue;
    const { ranges, definitionHash } = await files.readPlan(number);
    committed.push({
      version,
      ranges: ranges.map(({ partition, startOffset, endOffset }) => ({
        partition,
        from: BigInt(startOffset),
        to: BigInt(endOffset),
        hash: definitionHash,
      })),
    });
  }
  return committed.sort((a, b) => a.version - b.version).flatMap(({ ranges }) => ranges);
}

async function view(storage: Storage, shape: TableShape): Promise<TableView> {
  const log = new TableLog(storage, shape.path);
  await log.refresh();
  const columns = shape.partitionColumns.map(({ name }) => name);
  const live = [...log.snapshot.files.values()].map((file) => liveFile(shape, file, columns));
  return { shape, log, version: log.snapshot.version, live };
}

/**
 * Which files belong to a table, as its log stands now.
 * @throws SluiceError LOG_INCONSISTENT for a live path that Sluice never gives
 */
export function tableFiles({ shape, log }: TableView, committedSequence: number): TableFiles {
  const { snapshot } = log;
  const columns = shape.partitionColumns.map(({ name }) => name);
  return {
    table: shape.table,
    live: new Map([...snapshot.files.values()].map((file) => [decodedPath(file.path), loggedFile(file)])),
    removed: new Set([...snapshot.removed.keys()].map(decodedPath)),
    wanted: wantedPartitions([...snapshot.files.values()], columns),
    committedSequence,
    fence: snapshot.transactionVersion(FENCE_APP_ID) ?? 0,
  };
}

export function partitionNameOf(shape: TableShape, values: AddFile['partitionValues']): string {
  return partitionName(
    values,
    shape.partitionColumns.map(({ name }) => name),
  );
}

/** The log keeps a transaction of each rewrite for good; the ids of retention's begin with `d`. */
function dropsOf(snapshot: Snapshot): number {
  return [...snapshot.transactions.keys()].filter((appId) => appId.startsWith(rewriteAppId(RETENTION_ID_PREFIX)))
    .length;
}

function loggedFile(file: AddFile): LoggedFile {
  return { sizeBytes: file.size, rows: rowCountOf(file) };
}
