import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { BackfillInput } from '../activities/backfill-table.ts';

export type { BackfillInput };

/** Starting a backfill twice is a no-op, since its id says what it is. */
export function backfillWorkflowId({ table, number }: BackfillInput): string {
  return `backfill/${table}/${number}`;
}

/**
 * Proposed: waits for an approval. Deriving: records are read again. Merging: their rows are put into copies of partitions,
 * and committed. Waiting: another backfill is being committed. Paused: by an operator. Degraded: failing, and trying again by
 * itself. Stopped: failing in a way that only an operator can settle. Cancelled and Done are how it ends.
 */
export type BackfillState =
  'Proposed' | 'Deriving' | 'Merging' | 'Waiting' | 'Paused' | 'Degraded' | 'Stopped' | 'Cancelled' | 'Done';

export interface BackfillStatus {
  readonly table: string;
  readonly number: number;
  readonly state: BackfillState;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Why it is in this state, and what to do, in words. */
  readonly reason: string;
  /** Units derived by this run, and those that were left when it last looked. */
  readonly unitsDone: number;
  readonly unitsLeft: number | null;
  readonly rows: number;
  readonly rejectedRows: number;
  /** Partitions merged, those that had to be merged again included. */
  readonly merges: number;
  /** Why Hive lags behind, where it does. */
  readonly publicationFailure: string | null;
}

/** What outlives continue-as-new. */
export interface BackfillRun extends BackfillInput {
  readonly unitsAtOnce: number;
  readonly maxRowsPerSecond: number | null;
  readonly status?: BackfillStatus;
  /** Who wants it to be paused. */
  readonly pausedBy?: string | undefined;
  /** Who has asked for its end, where that is not decided yet. */
  readonly cancelledBy?: string | undefined;
}

export const backfillQuery = defineQuery<BackfillStatus>('backfill');
export const approveBackfillUpdate = defineUpdate<BackfillStatus, [string]>('approve');
export const pauseBackfillUpdate = defineUpdate<BackfillStatus, [string]>('pause');
export const resumeBackfillUpdate = defineUpdate<BackfillStatus, [string]>('resume');
export const cancelBackfillUpdate = defineUpdate<BackfillStatus, [string]>('cancel');
