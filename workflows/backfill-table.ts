import {
  ActivityFailure,
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
import type { BackfillActivities, BackfillNeed } from '../activities/backfill-table.ts';
import {
  approveBackfillUpdate,
  backfillQuery,
  type BackfillRun,
  type BackfillState,
  type BackfillStatus,
  cancelBackfillUpdate,
  pauseBackfillUpdate,
  resumeBackfillUpdate,
} from './backfill-protocol.ts';
import { BACKGROUND_TASK_QUEUE } from './background-protocol.ts';
import { showBackfill } from './shown-backfill.ts';

const RETRY_DELAY_MS = 10_000;
const TURN_DELAY_MS = 5_000;
/** Rounds of merges that others came before, after which it waits between them. */
const MAX_ROUNDS_AT_ONCE = 10;

const activities = proxyActivities<BackfillActivities>({
  taskQueue: BACKGROUND_TASK_QUEUE,
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 5 },
});

type Ended = 'Cancelled' | 'Done';

/** Carries out one backfill. Where it stands is in the lake: this keeps order, and listens to operators. */
export async function backfillTable(run: BackfillRun): Promise<BackfillStatus> {
  return new Backfill(run).carryOut();
}

class Backfill {
  readonly #run: BackfillRun;
  #status: BackfillStatus;
  /** Who wants it to be paused, or cancelled. */
  #pausedBy: string | undefined;
  #cancelledBy: string | undefined;
  #changes = 0;
  #rounds = 0;
  #work: CancellationScope | undefined;

  constructor(run: BackfillRun) {
    this.#run = run;
    const { table, number } = run;
    this.#pausedBy = run.pausedBy;
    this.#cancelledBy = run.cancelledBy;
    this.#status = run.status ?? {
      ...{ table, number, state: 'Deriving', sinceMs: Date.now(), reason: 'Started.', unitsDone: 0, unitsLeft: null },
      ...{ rows: 0, rejectedRows: 0, merges: 0, publicationFailure: null },
    };
    this.#listen();
    // A run that goes on from another begins with empty details.
    if (run.status !== undefined) showBackfill(this.#status);
  }

  async carryOut(): Promise<BackfillStatus> {
    const { table, number } = this.#run;
    for (;;) {
      if (workflowInfo().continueAsNewSuggested) await this.#continueAsNew();
      try {
        if (this.#cancelledBy !== undefined) await this.#cancel(this.#cancelledBy);
        await condition(() => this.#pausedBy === undefined || this.#cancelledBy !== undefined);
        if (this.#cancelledBy !== undefined) continue;
        this.#work = new CancellationScope();
        const need = await activities.advanceBackfill({ table, number });
        const ended = await this.#work.run(() => this.#supply(need));
        if (ended === undefined) continue;
        await condition(allHandlersFinished);
        return this.#status;
      } catch (error) {
        if (isCancellation(error) && this.#cancelledBy !== undefined) continue;
        if (isCancellation(error)) throw error;
        await this.#fail(error);
      }
    }
  }

  /** What an operator has asked for goes on with it. */
  async #continueAsNew(): Promise<never> {
    await condition(allHandlersFinished);
    const asked = { pausedBy: this.#pausedBy, cancelledBy: this.#cancelledBy };
    return continueAsNew<typeof backfillTable>({ ...this.#run, ...asked, status: this.#status });
  }

  async #supply(need: BackfillNeed): Promise<Ended | undefined> {
    switch (need.kind) {
      case 'approval':
        return this.#wait('Proposed', 'It waits for an approval.');
      case 'units':
        this.#status = { ...this.#status, unitsLeft: need.units.length };
        this.#enter('Deriving', 'Its records are read again.');
        return this.#inLanes(need.units, (unit) => this.#derive(unit));
      case 'merges':
        return this.#mergeAll(need.merges);
      case 'turn':
        return this.#wait('Waiting', `It waits until backfill ${need.of} has been committed.`, TURN_DELAY_MS);
      case 'cancelled':
        this.#enter('Cancelled', `Cancelled by ${need.by}. Nothing of it is visible.`);
        return 'Cancelled';
      case 'nothing':
        this.#status = { ...this.#status, publicationFailure: need.publicationFailure };
        this.#enter('Done', 'Every record of its offsets is in the table, or rejected, once.');
        return 'Done';
    }
  }

  async #mergeAll(merges: Extract<BackfillNeed, { kind: 'merges' }>['merges']): Promise<undefined> {
    this.#rounds += 1;
    const rounds = this.#rounds > 1 ? ` It is round ${this.#rounds}.` : '';
    this.#enter('Merging', `${merges.length} partitions are merged with what was derived.${rounds}`);
    await this.#inLanes(merges, async (merge) => {
      const { table, number } = this.#run;
      const { step, partition } = merge;
      const summary = `${step} ${partition}`;
      await activities.mergePartition.executeWithOptions({ summary }, [{ table, number, ...merge }]);
      this.#status = { ...this.#status, merges: this.#status.merges + 1 };
    });
    if (this.#rounds > MAX_ROUNDS_AT_ONCE) await this.#wait('Waiting', 'Others keep coming first.', RETRY_DELAY_MS);
  }

  async #derive(unit: number): Promise<void> {
    const { table, number, maxRowsPerSecond, unitsAtOnce } = this.#run;
    const beganAtMs = Date.now();
    const { rows, rejectedRows } = await activities.deriveUnit.executeWithOptions({ summary: `unit ${unit}` }, [
      { table, number, unit },
    ]);
    this.#status = {
      ...this.#status,
      unitsDone: this.#status.unitsDone + 1,
      unitsLeft: (this.#status.unitsLeft ?? 1) - 1,
      rows: this.#status.rows + rows,
      rejectedRows: this.#status.rejectedRows + rejectedRows,
    };
    showBackfill(this.#status);
    if (maxRowsPerSecond === null) return;
    const shareMs = ((rows + rejectedRows) / maxRowsPerSecond) * unitsAtOnce * 1000;
    await condition(() => this.#pausedBy !== undefined, Math.max(1, Math.ceil(shareMs - (Date.now() - beganAtMs))));
  }

  /** Does one after the other, so many side by side, until all are done or it is paused. */
  async #inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<undefined> {
    const left = [...items];
    const lane = async (): Promise<void> => {
      while (this.#pausedBy === undefined && !workflowInfo().continueAsNewSuggested) {
        const item = left.shift();
        if (item === undefined) return;
        await work(item);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, this.#run.unitsAtOnce) }, lane));
  }

  async #cancel(by: string): Promise<void> {
    const { table, number } = this.#run;
    const { decision } = await activities.cancelBackfill({ table, number, by });
    this.#cancelledBy = undefined;
    this.#pausedBy = undefined;
    if (decision === 'commit') this.#enter('Merging', `${by} came too late to cancel it: it is being committed.`);
  }

  async #fail(error: unknown): Promise<void> {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof ApplicationFailure && cause.nonRetryable === true) {
      this.#pausedBy = 'a failure';
      const { table, number } = this.#run;
      const retry = `sluice backfill resume ${table} ${number}`;
      this.#enter('Stopped', `${message} Then: ${retry}; or cancel it: nothing of it is visible yet.`);
    } else await this.#wait('Degraded', `${message} It is tried again.`, RETRY_DELAY_MS);
  }

  /** Until something changes, or this time is over. */
  async #wait(state: BackfillState, reason: string, timeoutMs?: number): Promise<undefined> {
    this.#enter(state, reason);
    const seen = this.#changes;
    if (timeoutMs === undefined) await condition(() => this.#changes !== seen);
    else await condition(() => this.#changes !== seen, timeoutMs);
  }

  #listen(): void {
    const { table, number } = this.#run;
    const command = (change: (by: string) => void) => (by: string) => {
      change(by);
      this.#changes += 1;
      return this.#status;
    };
    const allowed = (states: readonly BackfillState[], not = false) => ({
      validator: (by: string): void => {
        if (states.includes(this.#status.state) !== not) return;
        const { state } = this.#status;
        throw ApplicationFailure.nonRetryable(
          `${by} asked for it, but backfill ${number} of ${table} is ${state}.`,
          'USAGE',
        );
      },
    });
    setHandler(backfillQuery, () => this.#status);
    setHandler(
      approveBackfillUpdate,
      async (by) => {
        await activities.approveBackfill({ table, number, by });
        return command(() => this.#enter('Deriving', `Approved by ${by}.`))(by);
      },
      allowed(['Proposed']),
    );
    setHandler(
      pauseBackfillUpdate,
      command((by) => {
        this.#pausedBy = by;
        this.#enter('Paused', `Paused by ${by}, once what is under way has ended.`);
      }),
      allowed(['Paused', 'Stopped', 'Proposed', 'Cancelled', 'Done'], true),
    );
    setHandler(
      resumeBackfillUpdate,
      command((by) => {
        this.#pausedBy = undefined;
        this.#enter('Deriving', `Resumed by ${by}.`);
      }),
      allowed(['Paused', 'Stopped', 'Degraded']),
    );
    setHandler(
      cancelBackfillUpdate,
      command((by) => {
        this.#cancelledBy = by;
        this.#work?.cancel();
      }),
      allowed(['Cancelled', 'Done'], true),
    );
  }

  #enter(state: BackfillState, reason: string): void {
    const sinceMs = state === this.#status.state ? this.#status.sinceMs : Date.now();
    // A command that came meanwhile is not shown over.
    const shown = this.#pausedBy !== undefined && state !== 'Stopped' ? 'Paused' : state;
    this.#status = {
      ...this.#status,
      state: state === 'Done' || state === 'Cancelled' ? state : shown,
      sinceMs,
      reason,
    };
    showBackfill(this.#status);
  }
}
