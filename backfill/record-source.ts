import type { HeldRecords } from '../kafka/held-records.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import type { OffsetRange } from '../kafka/offset-range.ts';
import { ArchivedRecords, type ArchiveFile } from '../lake/archived-records.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { readBroughtFiles } from '../lake/brought-files.ts';
import { sourceOf } from '../lake/ensure-table.ts';
import { TableLog, type TableLogOptions } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BackfillPlan, BackfillSource } from '../plans/backfill.ts';
import type { PlannedRange } from '../plans/batch.ts';
import { decodedPath } from '../plans/file-place.ts';
import { broughtFilePath } from '../plans/table-paths.ts';
import { archiveTable, mainTable } from '../plans/table-shape.ts';
import type { OpenBackfill } from './open-backfill.ts';

/** What a proposal asks of its source. */
export type OffsetSource = Pick<KafkaCluster, 'describeTopic' | 'offsets' | 'offsetsSince'>;

/** A table's archive, as its log stands now. @throws SluiceError BACKFILL_REFUSED where it has none */
export async function openArchive(
  storage: Storage,
  definition: TableDefinition,
  options?: TableLogOptions,
): Promise<{ readonly records: ArchivedRecords; readonly offsets: OffsetSource }> {
  const { path } = archiveTable(definition);
  const log = new TableLog(storage, path, options);
  await log.refresh();
  const source = log.snapshot.metaData && sourceOf(log.snapshot.metaData);
  if (source === undefined) {
    throw new SluiceError('BACKFILL_REFUSED', `${definition.table} has no archive.`, {
      remedy: 'Records are archived from when its definition says so: archive: true.',
    });
  }
  const files = [...log.snapshot.files.values()].map((file): ArchiveFile => ({
    path: `${path}/${decodedPath(file.path)}`,
    stats: file.stats,
  }));
  const records = new ArchivedRecords(storage, files);
  return { records, offsets: offsetsOf(records, source) };
}

/** A source as a proposal asks it, and what is to be kept with the plan for it. */
export interface ProposedSource {
  readonly kind: BackfillSource;
  readonly offsets: OffsetSource;
  readonly recordSizeBytes: (topicId: string, range: PlannedRange, signal: AbortSignal) => Promise<number | undefined>;
  /** Of an operator's files: one file with all of their records, on this machine. */
  readonly localPath?: string;
}

/** A table's own archive as a source. */
export async function archiveSource(storage: Storage, definition: TableDefinition): Promise<ProposedSource> {
  const { records, offsets } = await openArchive(storage, definition);
  return { kind: 'archive', offsets, recordSizeBytes: (_, range) => records.recordSizeBytes(bigRange(range)) };
}

/**
 * An operator's files as a source; for `folder` see `readBroughtFiles`. Whether they are of this topic, only the operator can
 * know.
 */
export async function filesSource(
  storage: Storage,
  definition: TableDefinition,
  path: string,
  folder: string,
): Promise<ProposedSource> {
  const log = new TableLog(storage, mainTable(definition).path);
  await log.refresh();
  const source = log.snapshot.metaData && sourceOf(log.snapshot.metaData);
  const localPath = await readBroughtFiles(path, folder);
  const records = new ArchivedRecords({ readLocally: (paths, use) => use([...paths]) }, [{ path: localPath }]);
  const offsets = offsetsOf(records, source ?? { topic: definition.source.topic, topicId: '' });
  const recordSizeBytes: ProposedSource['recordSizeBytes'] = (_, range) => records.recordSizeBytes(bigRange(range));
  return { kind: 'files', offsets, recordSizeBytes, localPath };
}

/** Keeps an operator's records beside the plan that they are for: from then on nothing else is read. */
export async function keepSource(
  storage: Storage,
  plan: BackfillPlan,
  tablePath: string,
  localPath: string,
): Promise<void> {
  const path = broughtFilePath(plan.number);
  await storage.addFiles([{ localPath, path: `${tablePath}/${path}` }]);
  await new BackfillFiles(storage, tablePath).createSource(plan.number, { format: 1, files: [path] });
}

function bigRange({ partition, startOffset, endOffset }: PlannedRange): OffsetRange {
  return { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
}

/** Offsets as archived records have them; the topic need not be there any more. */
export function offsetsOf(
  records: ArchivedRecords,
  { topic, topicId }: { readonly topic: string; readonly topicId: string },
): OffsetSource {
  return {
    describeTopic: () => Promise.resolve({ topic, topicId, partitions: [] }),
    offsets: () => records.offsets(),
    offsetsSince: (name, timeMs) => records.offsetsSince(name, timeMs),
  };
}

/** Where a backfill reads its records, where that is not Kafka. */
export async function heldRecords(
  parts: { readonly storage: Storage; readonly log?: TableLogOptions },
  { plan, definition, files, main }: Pick<OpenBackfill, 'plan' | 'definition' | 'files' | 'main'>,
): Promise<HeldRecords | undefined> {
  if (plan.source === undefined) return undefined;
  if (plan.source === 'archive') {
    const { records } = await openArchive(parts.storage, definition, parts.log);
    return (range) => records.read(range);
  }
  const brought = await files.readSource(plan.number);
  if (brought === undefined) {
    throw new SluiceError(
      'BACKFILL_REFUSED',
      `The files of backfill ${plan.number} of ${plan.table} were not kept whole.`,
      {
        remedy: 'Cancel it, and propose it anew.',
      },
    );
  }
  const records = new ArchivedRecords(
    parts.storage,
    brought.files.map((path) => ({ path: `${main.shape.path}/${path}` })),
  );
  return (range) => records.read(range);
}
