import { Context } from '@temporalio/activity';
import type { Clock } from '../clock/clock.ts';
import { definitionText } from '../definition/load.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import { archiveTable, rejectedTable } from '../plans/table-shape.ts';
import { toFailure } from './failure.ts';
import { heartbeating } from './heartbeat.ts';
import { hiveOf, runBatch } from './ingest-batch.ts';
import type { WindowParts } from './ingest-parts.ts';
import { IngestTable } from './ingest-table.ts';
import { IngestMeasures } from './ingest-measures.ts';
import { TablePublication } from './publication.ts';
import type { WindowInput, WindowProgress } from './window.ts';

/** A window whose news can't wait for its end ends early, but not before this. */
const NEWS_AFTER_MS = 5_000;
/** A batch begins at the earliest after this part of the freshness target, so that files don't become needlessly small. */
const PACE = 0.5;

export interface IngestActivities {
  /** Runs whole batches, plan to publish, for a while. */
  readonly ingestWindow: (input: WindowInput) => Promise<WindowProgress>;
}

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
      const about = { table: input.table, window: context.info.activityId, attempt: context.info.attempt };
      try {
        const progress = await heartbeating((tell) =>
          runWindow(parts, input, ended, (reached) => tell((latest = reached))),
        );
        const { batches, rows, rejected, version, remaining } = progress;
        parts.journal?.('info', 'A window has ended.', { ...about, batches, rows, rejected, version, remaining });
        return { ...progress, clock: { aheadAtMostMs, endedAtMs: parts.clock.nowMs() } };
      } catch (thrown) {
        const { code, advice } = asSluiceError(thrown);
        new IngestMeasures(input.table, parts.clock, parts.instruments).failed(code);
        parts.journal?.('error', advice, { ...about, code, batch: (latest?.sequence ?? 0) + 1 });
        throw toFailure(thrown);
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

async function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  if (ms > 0) await clock.sleep(ms, signal).catch(() => undefined);
}
