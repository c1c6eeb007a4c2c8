import { Context } from '@temporalio/activity';
import type { Clock } from '../clock/clock.ts';
import { definitionText } from '../definition/load.ts';
import { progressInWords } from '../engines/engine-progress.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { shardCount } from '../plans/shard.ts';
import { archiveTable, rejectedTable } from '../plans/table-shape.ts';
import { unknownFields } from '../plans/unknown-fields.ts';
import { BatchTrace } from './batch-trace.ts';
import { ofBatch, toFailure } from './failure.ts';
import type { IngestParts } from './ingest-parts.ts';
import { IngestTable } from './ingest-table.ts';
import { IngestMeasures } from './ingest-measures.ts';
import type { Instruments } from './instruments.ts';
import type { Journal } from './journal.ts';
import { type PublicationParts, TablePublication } from './publication.ts';

/** A heartbeat says that the process lives and how far the window has come. */
export const HEARTBEAT_EVERY_MS = 1_000;
/** A window whose news can't wait for its end ends early, but not before this. */
const NEWS_AFTER_MS = 5_000;
/** A batch begins at the earliest after this part of the freshness target, so that files don't become needlessly small. */
const PACE = 0.5;

export interface WindowInput {
  readonly table: string;
  /** `continuous` runs until the window is over; `drain` until all is taken that Kafka held when it began. */
  readonly mode: 'continuous' | 'drain';
  readonly windowMs: number;
  /** Whether Hive is believed to lag behind; a window ends early where that turns out to be otherwise. */
  readonly hiveLags?: boolean;
  /** Whether the window before has failed; that this one does not is news. */
  readonly recovering?: boolean;
  /** Sequence number of the batch whose parts have been written since the last window: it is gone on with. */
  readonly parted?: number;
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
  /** Records that were left in Kafka when the last batch was planned; null where that is not known. */
  readonly remaining: string | null;
  /** The last batch took all that Kafka held when it was planned; otherwise the window was over first. */
  readonly drained: boolean;
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** Why Hive lags behind, where it does. */
  readonly publicationFailure: string | null;
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Batches that other writers have committed meanwhile. */
  readonly byOthers: number;
  /** A batch of several parts, which are to be written before the next window. */
  readonly parts?: PartedBatch;
  /** In a heartbeat: how far the engine is with the next batch, in words, where it says so. */
  readonly engine?: string;
  /** What the worker's clock said; left out where nobody asked. */
  readonly clock?: WindowClock;
}

/** A batch whose parts any worker may write, one beside the other. */
export interface PartedBatch {
  readonly sequence: number;
  readonly revision: number;
  readonly shards: number;
}

/** A worker's clock against Temporal's. */
export interface WindowClock {
  /** When the window began, by the worker's clock, after Temporal had ordered it by its own: the difference, at most. */
  readonly aheadAtMostMs: number;
  /** By the worker's clock, in milliseconds since the epoch. */
  readonly endedAtMs: number;
}

export interface IngestActivities {
  /** Runs whole batches, plan to publish, for a while. */
  readonly ingestWindow: (input: WindowInput) => Promise<WindowProgress>;
}

/** What a worker ingests with. */
export type WindowParts = IngestParts &
  PublicationParts & {
    /** Where what is measured goes. */
    readonly instruments?: Instruments;
    /** Where is told what was done. */
    readonly journal?: Journal;
  };

/**
 * The activities of ingestion, on a worker's parts.
 * @param stopping says that the worker is about to stop: its windows end with the batch that they are at
 */
export function createIngestActivities(parts: WindowParts, stopping: AbortSignal): IngestActivities {
  return {
    async ingestWindow(input) {
      const context = Context.current();
      const ended = AbortSignal.any([context.cancellationSignal, stopping]);
      const aheadAtMostMs = parts.clock.nowMs() - context.info.currentAttemptScheduledTimestampMs;
      let latest: WindowProgress | undefined;
      const heartbeat = setInterval(() => context.heartbeat(latest), HEARTBEAT_EVERY_MS);
      const about = { table: input.table, window: context.info.activityId, attempt: context.info.attempt };
      try {
        const progress = await runWindow(parts, input, ended, (reached) => (latest = reached));
        const { batches, rows, rejected, version, remaining } = progress;
        parts.journal?.('info', 'A window has ended.', { ...about, batches, rows, rejected, version, remaining });
        return { ...progress, clock: { aheadAtMostMs, endedAtMs: parts.clock.nowMs() } };
      } catch (thrown) {
        const { code, advice } = asSluiceError(thrown);
        new IngestMeasures(input.table, parts.clock, parts.instruments).failed(code);
        parts.journal?.('error', advice, { ...about, code, batch: (latest?.sequence ?? 0) + 1 });
        throw toFailure(thrown);
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}

/** One window, until it is over or `ended`, with the batch that it is at then. `report` hears of each batch. */
export async function runWindow(
  parts: WindowParts,
  input: WindowInput,
  ended: AbortSignal,
  report: (progress: WindowProgress) => void,
): Promise<WindowProgress> {
  const { clock } = parts;
  const measures = new IngestMeasures(input.table, clock, parts.instruments);
  const definedAs = definitionText(parts.tablesFolder, input.table);
  const table = await IngestTable.open(parts, input.table, ended);
  const publication = new TablePublication({ ...parts, measures }, table.shape);
  const rejected = new TablePublication(parts, rejectedTable(table.definition));
  const archive = table.definition.archive && new TablePublication(parts, archiveTable(table.definition));
  const beganAtMs = clock.elapsedMs();
  const hasNews = (): boolean =>
    input.mode === 'continuous' &&
    clock.elapsedMs() - beganAtMs > Math.min(NEWS_AFTER_MS, input.windowMs) &&
    (input.recovering === true ||
      lags([publication, rejected], input.hiveLags ?? false) !== (input.hiveLags ?? false) ||
      definitionText(parts.tablesFolder, input.table) !== definedAs);
  const paceMs = table.definition.freshnessTargetMs * PACE;
  let progress: WindowProgress;
  try {
    progress = await begin(table);
    while (!ended.aborted && clock.elapsedMs() - beganAtMs < input.windowMs && !hasNews()) {
      report(progress);
      const startedAtMs = clock.elapsedMs();
      progress = await runBatch(
        {
          table,
          publication,
          rejected,
          archive,
          measures,
          clock,
          journal: parts.journal,
          parted: input.parted,
          report,
        },
        progress,
      );
      if (progress.parts !== undefined) break;
      if (input.mode === 'drain' && progress.drained) break;
      if (progress.remaining === '0') await pause(startedAtMs + paceMs - clock.elapsedMs(), ended, clock);
    }
  } finally {
    await Promise.all([publication.stop(), rejected.stop(), archive?.stop()]);
  }
  table.close();
  return { ...progress, ...hiveOf(publication, rejected, progress) };
}

/** Whether Hive lags behind; as believed before, while a publication has neither failed nor succeeded yet. */
function lags(publications: readonly TablePublication[], believed: boolean): boolean {
  if (publications.some(({ failure }) => failure !== undefined)) return true;
  return publications.every(({ version }) => version !== undefined) ? false : believed;
}

function hiveOf(
  publication: TablePublication,
  rejected: TablePublication,
  progress: WindowProgress,
): Pick<WindowProgress, 'hiveVersion' | 'publicationFailure'> {
  return {
    hiveVersion: publication.version ?? progress.hiveVersion,
    publicationFailure: (publication.failure ?? rejected.failure)?.advice ?? null,
  };
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
    remaining: null,
    drained: false,
    nextOffsets: {},
    publicationFailure: null,
    unknownFields: {},
    byOthers: 0,
  };
}

interface BatchParts {
  readonly table: IngestTable;
  readonly publication: TablePublication;
  readonly rejected: TablePublication;
  readonly archive: TablePublication | undefined;
  readonly measures: IngestMeasures;
  readonly clock: Clock;
  readonly journal: Journal | undefined;
  readonly parted: number | undefined;
  readonly report: (progress: WindowProgress) => void;
}

/** One batch, if Kafka has anything for it. A step that takes too long is given up, and the batch gone on with in the next window. */
async function runBatch(parts: BatchParts, progress: WindowProgress): Promise<WindowProgress> {
  const { table, publication, rejected, archive, measures, clock } = parts;
  const startedAtMs = clock.elapsedMs();
  const signal = clock.timeout(table.definition.limits.stepTimeoutMs);
  const plannedFromMs = clock.nowMs();
  const planned = await measures.step('plan', () => table.plan(signal));
  const hive = hiveOf(publication, rejected, progress);
  measures.waiting(planned === undefined ? 0n : planned.remaining);
  const byOthers = table.batchesOfOthers;
  if (planned === undefined) return { ...progress, ...hive, byOthers, remaining: '0', drained: true };
  const shards = shardCount(planned.plan);
  if (shards > 1 && planned.plan.sequence !== parts.parted) {
    const { sequence, revision } = planned.plan;
    return { ...progress, ...hive, byOthers, remaining: null, drained: false, parts: { sequence, revision, shards } };
  }
  const trace = new BatchTrace(table.definition.table, planned.plan, plannedFromMs);
  const seal = await trace
    .during(() =>
      measures.step('write', () =>
        table.writeAndSeal(planned.plan, signal, (engine) =>
          parts.report({ ...progress, engine: progressInWords(engine) }),
        ),
      ),
    )
    .catch((thrown: unknown) => {
      throw ofBatch(planned.plan, thrown);
    });
  const version = await trace.during(() =>
    measures.step('commit', () => table.commit(seal, publication.takePublished())),
  );
  trace.committed(seal, version);
  const tookMs = clock.elapsedMs() - startedAtMs;
  measures.committed({ seal, version, tookMs, eventTimeColumn: table.definition.eventTime.column });
  const { sequence: batch, revision, attempt, rows } = seal;
  const told = { table: table.definition.table, batch, revision, attempt, rows, rejected: seal.rejectedRows };
  parts.journal?.('debug', 'A batch is committed.', { ...told, version: version ?? null, tookMs });
  // Another revision than the one that was planned leaves another rest.
  const remaining = seal.revision === planned.plan.revision ? planned.remaining : undefined;
  publication.request(trace.publishing());
  if (seal.rejectedFiles.length > 0) rejected.request();
  if ((seal.archiveFiles ?? []).length > 0) archive?.request();
  return {
    ...hive,
    batches: progress.batches + 1,
    rows: progress.rows + seal.rows,
    rejected: progress.rejected + seal.rejectedRows,
    sequence: seal.sequence,
    version: table.log.snapshot.version,
    remaining: remaining === undefined ? null : String(remaining),
    drained: remaining === 0n,
    nextOffsets: seal.nextOffsets,
    unknownFields: unknownFields(progress.unknownFields, seal.unknownFields),
    byOthers: table.batchesOfOthers,
  };
}

async function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  if (ms > 0) await clock.sleep(ms, signal).catch(() => undefined);
}
