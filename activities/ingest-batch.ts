import type { Clock } from '../clock/clock.ts';
import { progressInWords } from '../engines/engine-progress.ts';
import { shardCount } from '../plans/shard.ts';
import { unknownFields } from '../plans/unknown-fields.ts';
import { BatchTrace } from './batch-trace.ts';
import { ofBatch } from './failure.ts';
import type { IngestMeasures } from './ingest-measures.ts';
import type { IngestTable } from './ingest-table.ts';
import type { Journal } from './journal.ts';
import type { TablePublication } from './publication.ts';
import type { WindowProgress } from './window.ts';

/** What a batch of a window is made with. */
export interface BatchParts {
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

/** One batch, plan to commit, if Kafka has anything for it; its publication is asked for. A step that takes too long is given up, and the batch gone on with in the next window. */
export async function runBatch(parts: BatchParts, progress: WindowProgress): Promise<WindowProgress> {
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
  // Where more waits, the next batch follows on this one, and the two can be published together.
  const urgency = (remaining ?? 0n) > 0n ? 'soon' : 'now';
  publication.request(urgency, trace.publishing());
  if (seal.rejectedFiles.length > 0) rejected.request(urgency);
  if ((seal.archiveFiles ?? []).length > 0) archive?.request(urgency);
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

/** What is known of Hive now. */
export function hiveOf(
  publication: TablePublication,
  rejected: TablePublication,
  progress: WindowProgress,
): Pick<WindowProgress, 'hiveVersion' | 'publicationFailure'> {
  return {
    hiveVersion: publication.version ?? progress.hiveVersion,
    publicationFailure: (publication.failure ?? rejected.failure)?.advice ?? null,
  };
}
