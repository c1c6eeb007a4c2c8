import {
  ActivityCancellationType,
  ActivityFailure,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CompactionActivities, PlannedPartition } from '../activities/compact-table.ts';
import { many } from '../plans/amounts.ts';
import { BACKGROUND_TASK_QUEUE } from './background-protocol.ts';
import { compactionQuery, type CompactionReport, type CompactionRun } from './compaction-protocol.ts';
import { whyItFailed } from './shown-failure.ts';
import { showState } from './shown-state.ts';
import { compactionText } from './work-text.ts';

/** Times that a plan is made anew after others came first, before the rest is left to the next compaction. */
const MAX_ROUNDS_OF_CONFLICTS = 3;

const { planTableCompaction, compactPartition } = proxyActivities<CompactionActivities>({
  taskQueue: BACKGROUND_TASK_QUEUE,
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '4 hours',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
});

/** Rewrites what is worth rewriting in one table, one partition after the other, until nothing is. */
export async function compactTable(run: CompactionRun): Promise<CompactionReport> {
  let report: CompactionReport = run.report ?? {
    table: run.table,
    rewrites: 0,
    rows: 0,
    filesBefore: 0,
    filesAfter: 0,
    bytesBefore: 0,
    bytesAfter: 0,
    conflicts: 0,
    publicationFailure: null,
  };
  setHandler(compactionQuery, () => report);
  try {
    return await compactWhatIsWorthIt(run, report, (reached) => (report = reached));
  } catch (error) {
    if (error instanceof ActivityFailure) {
      show(run, 'NotCompacted', 'It has ended.', report, whyItFailed(error));
    }
    throw error;
  }
}

async function compactWhatIsWorthIt(
  run: CompactionRun,
  begun: CompactionReport,
  reached: (report: CompactionReport) => void,
): Promise<CompactionReport> {
  let report = begun;
  let roundsOfConflicts = 0;
  for (;;) {
    show(run, 'Planning', 'It looks for partitions that are worth rewriting.', report);
    const planned = await planTableCompaction({
      table: run.table,
      ...(run.partition === undefined ? {} : { partition: run.partition }),
    });
    const rewritesBefore = report.rewrites;
    for (const [index, partition] of planned.entries()) {
      show(run, 'Compacting', `${describe(partition)} It is number ${index + 1} of ${planned.length}.`, report);
      report = await compactOne(partition, run.engine, report);
      reached(report);
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof compactTable>({ ...run, report });
    }
    if (planned.length > 0 && report.rewrites === rewritesBefore) roundsOfConflicts += 1;
    if (planned.length === 0 || roundsOfConflicts === MAX_ROUNDS_OF_CONFLICTS) {
      const left = planned.length === 0 ? 'Nothing is left that is worth it.' : 'The rest waits for the next time.';
      show(run, 'Done', left, report);
      return report;
    }
  }
}

async function compactOne(
  planned: PlannedPartition,
  engine: CompactionRun['engine'],
  report: CompactionReport,
): Promise<CompactionReport> {
  const { table, target, partition } = planned;
  const outcome = await compactPartition.executeWithOptions({ summary: `${target} ${partition}: ${planned.reason}` }, [
    { table, target, partition, ...(engine === undefined ? {} : { engine }) },
  ]);
  if (outcome.kind === 'conflict') return { ...report, conflicts: report.conflicts + 1 };
  if (outcome.kind === 'nothing to do') return report;
  return {
    ...report,
    rewrites: report.rewrites + 1,
    rows: report.rows + outcome.rows,
    filesBefore: report.filesBefore + outcome.filesBefore,
    filesAfter: report.filesAfter + outcome.filesAfter,
    bytesBefore: report.bytesBefore + outcome.bytesBefore,
    bytesAfter: report.bytesAfter + outcome.bytesAfter,
    publicationFailure: outcome.publicationFailure,
  };
}

function describe({ target, partition, reason }: PlannedPartition): string {
  return `\`${target}\` ${partition} ${reason}.`;
}

/** What the Temporal UI shows. */
function show(run: CompactionRun, state: string, doing: string, report: CompactionReport, failure?: string): void {
  const { table, publicationFailure } = report;
  const toDo = publicationFailure === null ? 'Nothing.' : `Hive lags behind. ${publicationFailure}`;
  showState({
    table,
    kind: 'Compaction',
    state,
    sinceMs: Date.now(),
    why: failure ?? 'Small files are merged, and hours that have ended are sorted, where that gains something.',
    doing,
    toDo: failure === undefined ? toDo : 'Do what is said here; the next compaction begins anew.',
    figures: [
      `${many(report.rewrites, 'rewrite')} made ${many(report.filesAfter, 'file')} of ${report.filesBefore}, with ${many(report.rows, 'row')}`,
      `${report.conflicts} gave way to others, and changed nothing`,
    ],
    startedWith: compactionText(run),
  });
}
