import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { WindowProgress } from '../activities/window.ts';

/** Task queue of live ingestion; other work has queues of its own, so that it never waits behind it. */
export const INGEST_TASK_QUEUE = 'sluice-ingest';

/** Task queue of the parts of batches that are divided: workers on other machines may take these alone. */
export const PARTS_TASK_QUEUE = 'sluice-parts';

/** Starting a table twice is a no-op, since its id says what it is. */
export function ingestWorkflowId(table: string): string {
  return `ingest/${table}`;
}

/**
 * Running: batches are made. Draining: until nothing is left, then Paused. Paused: by an operator. Degraded: failing, and
 * trying again by itself. Stopped: failing in a way that only an operator can settle.
 */
export type IngestState = 'Running' | 'Draining' | 'Paused' | 'Degraded' | 'Stopped';

export interface IngestStatus {
  readonly table: string;
  readonly state: IngestState;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Why it is in this state, and what to do, in words. */
  readonly reason: string;
  /** Of the last window that ended; a running one's is in its heartbeat. */
  readonly lastWindow: WindowProgress | null;
  readonly windows: number;
  readonly failure?: BatchFailure | null;
}

/** A batch that has failed at least once since anything was last committed. */
export interface BatchFailure {
  readonly sequence: number;
  readonly revision: number;
  readonly code: string;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** What outlives continue-as-new. */
export interface IngestInput {
  readonly table: string;
  readonly windowMs?: number;
  /** Why it was started, where there is more to say than that it was. */
  readonly reason?: string;
  readonly status?: IngestStatus;
  /** The batch whose parts have been written, for the next window to go on with. */
  readonly parted?: number | undefined;
  /** Windows that have failed one after the other by the same cause. */
  readonly failures?: number;
  readonly cause?: string;
}

export const statusQuery = defineQuery<IngestStatus>('status');
export const pauseUpdate = defineUpdate<IngestStatus, [string]>('pause');
export const resumeUpdate = defineUpdate<IngestStatus, [string]>('resume');
export const drainUpdate = defineUpdate<IngestStatus, [string]>('drain');
