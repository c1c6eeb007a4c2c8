import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { HiveMetastore } from '../lake/hive/metastore.ts';
import { rejectedTable } from '../plans/table-shape.ts';
import { toFailure } from './failure.ts';
import { IngestTable, type IngestParts } from './ingest-table.ts';
import { TablePublication } from './publication.ts';

/** A heartbeat says that the process lives and how far the window has come. */
export const HEARTBEAT_EVERY_MS = 1_000;
/** A batch begins at the earliest after this part of the freshness target, so that files don't become needlessly small. */
const PACE = 0.5;

export interface WindowInput {
  readonly table: string;
  /** `continuous` runs until the window is over; `drain` until nothing is left of what Kafka holds. */
  readonly mode: 'continuous' | 'drain';
  readonly windowMs: number;
}

/** How far a window has come. Offsets are decimal texts. */
export interface WindowProgress {
  readonly batches: number;
  readonly rows: number;
  readonly rejected: number;
  /** Sequence number of the newest batch that is committed; 0 before the first. */
  readonly sequence: number;
  /** The log's version. */
  readonly version: number;
  readonly hiveVersion: number | null;
  /** Records known to be left in Kafka. */
  readonly remaining: string;
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** Why Hive lags behind, where it does. */
  readonly publicationFailure: string | null;
  readonly unknownFields: Readonly<Record<string, number>>;
}

export interface IngestActivities {
  /** Runs whole batches, plan to publish, for a while. */
  readonly ingestWindow: (input: WindowInput) => Promise<WindowProgress>;
}

/** The activities of ingestion, on a worker's parts. */
export function createIngestActivities(parts: IngestParts & { readonly metastore: HiveMetastore }): IngestActivities {
  return {
    async ingestWindow(input) {
      try {
        return await runWindow(parts, input);
      } catch (thrown) {
        throw toFailure(thrown);
      }
    },
  };
}

async function runWindow(
  parts: IngestParts & { metastore: HiveMetastore },
  input: WindowInput,
): Promise<WindowProgress> {
  const { cancellationSignal } = Context.current();
  const table = await IngestTable.open(parts, input.table, cancellationSignal);
  const publication = new TablePublication(parts.storage, parts.metastore, table.shape);
  const rejected = new TablePublication(parts.storage, parts.metastore, rejectedTable(table.definition));
  let progress = await begin(table);
  const heartbeat = setInterval(() => Context.current().heartbeat(progress), HEARTBEAT_EVERY_MS);
  const endsAtMs = performance.now() + input.windowMs;
  const paceMs = table.definition.freshnessTargetMs * PACE;
  try {
    while (!cancellationSignal.aborted && performance.now() < endsAtMs) {
      const startedAtMs = performance.now();
      const before = progress;
      progress = await runBatch(table, publication, rejected, progress);
      if (progress.batches === before.batches && input.mode === 'drain') break;
      if (progress.remaining === '0') await pause(startedAtMs + paceMs - performance.now(), cancellationSignal);
    }
  } finally {
    clearInterval(heartbeat);
    await Promise.all([publication.stop(), rejected.stop()]);
  }
  return { ...progress, hiveVersion: publication.version ?? progress.hiveVersion };
}

async function begin(table: IngestTable): Promise<WindowProgress> {
  await table.log.refresh();
  return {
    batches: 0,
    rows: 0,
    rejected: 0,
    sequence: 0,
    version: table.log.snapshot.version,
    hiveVersion: null,
    remaining: '0',
    nextOffsets: {},
    publicationFailure: null,
    unknownFields: {},
  };
}

/** One batch, if Kafka has anything for it. A step that takes too long is given up, and the batch gone on with in the next window. */
async function runBatch(
  table: IngestTable,
  publication: TablePublication,
  rejected: TablePublication,
  progress: WindowProgress,
): Promise<WindowProgress> {
  const signal = AbortSignal.timeout(table.definition.limits.stepTimeoutMs);
  const planned = await table.plan(signal);
  const hive = {
    hiveVersion: publication.version ?? progress.hiveVersion,
    publicationFailure: (publication.failure ?? rejected.failure)?.advice ?? null,
  };
  if (planned === undefined) return { ...progress, ...hive, remaining: '0' };
  const seal = await table.writeAndSeal(planned.plan, signal);
  await table.commit(seal, publication.takePublished());
  publication.request();
  if (seal.rejectedFiles.length > 0) rejected.request();
  return {
    ...hive,
    batches: progress.batches + 1,
    rows: progress.rows + seal.rows,
    rejected: progress.rejected + seal.rejectedRows,
    sequence: seal.sequence,
    version: table.log.snapshot.version,
    remaining: String(planned.remaining),
    nextOffsets: seal.nextOffsets,
    unknownFields: added(progress.unknownFields, seal.unknownFields),
  };
}

function added(counts: WindowProgress['unknownFields'], more: WindowProgress['unknownFields']): Record<string, number> {
  const sum: Record<string, number> = { ...counts };
  for (const [name, records] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + records;
  return sum;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined);
}
