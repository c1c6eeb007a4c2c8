import {
  ActivityCancellationType,
  type ActivityInterfaceFor,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { IngestActivities } from '../activities/ingest-window.ts';
import { many } from '../plans/amounts.ts';
import {
  drainUpdate,
  type IngestInput,
  type IngestState,
  type IngestStatus,
  pauseUpdate,
  resumeUpdate,
  statusQuery,
} from './ingest-protocol.ts';
import { writeParts } from './batch-parts.ts';
import { batchFailure, failureOf, howStuck, isStuck } from './window-failure.ts';
import { showState } from './shown-state.ts';
import { ingestionText } from './work-text.ts';
import { troubleOf } from './window-trouble.ts';

const DEFAULT_WINDOW_MS = 60_000;
const FIRST_RETRY_DELAY_MS = 1_000;
const LONGEST_RETRY_DELAY_MS = 30_000;
const SLOW_RETRY_DELAY_MS = 300_000;

/** What one activity is, as the Temporal UI lists it. */
const WINDOW_SUMMARIES = {
  continuous: 'Batches for a while, as records come',
  drain: 'Batches until all is taken that Kafka holds',
} as const;

/** One attempt a window: what follows a failure is decided here, where an operator can see it. */
function windowActivities(windowMs: number): ActivityInterfaceFor<IngestActivities> {
  return proxyActivities<IngestActivities>({
    startToCloseTimeout: windowMs + 600_000,
    heartbeatTimeout: 6_000,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { maximumAttempts: 1 },
  });
}

/** Keeps one table fed, window after window, until it is told otherwise. */
export async function ingestTable(input: IngestInput): Promise<void> {
  const windowMs = input.windowMs ?? DEFAULT_WINDOW_MS;
  const { ingestWindow } = windowActivities(windowMs);
  let status: IngestStatus = input.status ?? {
    table: input.table,
    state: 'Running',
    sinceMs: Date.now(),
    reason: input.reason ?? 'Started.',
    lastWindow: null,
    windows: 0,
  };
  let window: CancellationScope | undefined;
  let changes = 0;

  const enter = (state: IngestState, reason: string): IngestStatus => {
    const sinceMs = state === status.state ? status.sinceMs : Date.now();
    status = { ...status, state, reason, sinceMs };
    changes += 1;
    show(status);
    return status;
  };
  const command = (state: IngestState, reason: string): IngestStatus => {
    const entered = enter(state, reason);
    window?.cancel();
    return entered;
  };
  const refuseIn = (...states: IngestState[]) => ({
    validator: (by: string): void => {
      if (!states.includes(status.state)) return;
      throw ApplicationFailure.nonRetryable(
        `${by} asked for it, but ${input.table} is ${status.state} already.`,
        'USAGE',
      );
    },
  });

  setHandler(statusQuery, () => status);
  setHandler(
    pauseUpdate,
    (by) => command('Paused', `Paused by ${by}. Resume it with: sluice resume ${input.table}`),
    refuseIn('Paused'),
  );
  setHandler(resumeUpdate, (by) => command('Running', `Resumed by ${by}.`), refuseIn('Running'));
  setHandler(
    drainUpdate,
    (by) => command('Draining', `Being drained for ${by}: it takes what Kafka holds, then pauses.`),
    refuseIn('Draining'),
  );

  show(status);
  let failures = input.failures ?? 0;
  let cause = input.cause ?? '';
  let parted = input.parted;
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof ingestTable>({ ...input, status, failures, cause, parted });
    }
    if (status.state === 'Paused' || status.state === 'Stopped') {
      await condition(() => status.state !== 'Paused' && status.state !== 'Stopped');
      failures = 0;
    }
    const mode = status.state === 'Draining' ? 'drain' : 'continuous';
    const hiveLags = status.lastWindow !== null && status.lastWindow.publicationFailure !== null;
    const seen = changes;
    try {
      window = new CancellationScope();
      const recovering = failures > 0;
      const goingOn = parted === undefined ? {} : { parted };
      parted = undefined;
      const lastWindow = await window.run(async () => {
        const progress = await ingestWindow.executeWithOptions({ summary: WINDOW_SUMMARIES[mode] }, [
          { table: input.table, mode, windowMs, hiveLags, recovering, ...goingOn },
        ]);
        if (progress.parts !== undefined) {
          await writeParts(input.table, progress.parts);
          parted = progress.parts.sequence;
        }
        return progress;
      });
      failures = 0;
      status = { ...status, lastWindow, windows: status.windows + 1, failure: null };
      if (changes !== seen) continue;
      if (mode === 'drain' && !lastWindow.drained) enter('Draining', 'Kafka holds more than one window could take.');
      else if (mode === 'drain') enter('Paused', `Drained. Resume it with: sluice resume ${input.table}`);
      else {
        const trouble = troubleOf(lastWindow, Date.now());
        if (trouble === undefined) enter('Running', 'All is well.');
        else enter('Degraded', trouble);
      }
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw error;
      if (changes !== seen || isCancellation(error)) continue;
      const failure = failureOf(error);
      status = { ...status, failure: batchFailure(status.failure, failure) };
      if (!failure.retryable) {
        enter('Stopped', `${failure.message} Then run: sluice resume ${input.table}`);
        continue;
      }
      // Another cause means that the one before is gone: no reason to wait as long.
      failures = failure.code === cause ? failures + 1 : 1;
      cause = failure.code;
      const stuck = isStuck(status.failure);
      const delayMs = stuck
        ? SLOW_RETRY_DELAY_MS
        : Math.min(FIRST_RETRY_DELAY_MS * 2 ** (failures - 1), LONGEST_RETRY_DELAY_MS);
      // A drain that fails goes on draining; its reason says what holds it up.
      enter(
        mode === 'drain' ? 'Draining' : 'Degraded',
        `${stuck ? howStuck(status) : ''}${failure.message} Attempt ${failures + 1} follows in ${delayMs / 1000} s.`,
      );
      const failedAt = changes;
      await condition(() => changes !== failedAt, delayMs);
    } finally {
      window = undefined;
    }
  }
}

/** What it does in each state, and what somebody should do about it. */
const STATES: Readonly<Record<IngestState, (table: string) => { readonly doing: string; readonly toDo: string }>> = {
  Running: () => ({
    doing: 'It makes a batch whenever Kafka holds new records, and commits it; one activity is a window of batches.',
    toDo: 'Nothing.',
  }),
  Draining: (table) => ({
    doing: 'It takes what Kafka held when it was asked to drain, then pauses.',
    toDo: `Nothing; or go on with \`sluice resume ${table}\`.`,
  }),
  Paused: (table) => ({
    doing: 'It waits until somebody resumes it. Records wait in Kafka, whose retention goes on counting.',
    toDo: `\`sluice resume ${table}\`, when the reason is gone.`,
  }),
  Degraded: () => ({
    doing: 'It tries again by itself. Nothing is lost, and nothing is taken twice.',
    toDo: 'Mend what the reason names; it goes on by itself.',
  }),
  Stopped: (table) => ({
    doing: 'It waits for a decision: going on by itself could lose records.',
    toDo: `Do what the reason says, then \`sluice resume ${table}\`.`,
  }),
};

/** What the Temporal UI shows. */
function show({ table, state, sinceMs, reason, lastWindow: last }: IngestStatus): void {
  const { doing, toDo } = STATES[state](table);
  const figures =
    last === null
      ? ['No window has ended yet.']
      : [
          `Last window: ${many(last.batches, 'batch', 'batches')}, ${many(last.rows, 'row')}, ${last.rejected} rejected`,
          `Log version ${last.version}, Hive version ${last.hiveVersion ?? 'unknown'}`,
          `Left in Kafka: ${last.remaining ?? 'an unknown number of'} records`,
        ];
  const startedWith = ingestionText(table);
  showState({ table, kind: 'Ingestion', state, sinceMs, why: reason, doing, toDo, figures, startedWith });
}
