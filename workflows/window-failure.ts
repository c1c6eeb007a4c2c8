import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { BatchFailure, IngestStatus } from './ingest-protocol.ts';

/** Attempts at a batch that fails by itself; then it is tried slowly, and an operator is asked to look at it. */
const QUICK_BATCH_ATTEMPTS = 5;
/** Failures that may lie in a batch and not around it. */
const BATCH_FAILURES = [
  'ENGINE_FAILED',
  'COUNT_MISMATCH',
  'INTERNAL',
  'STEP_TIMED_OUT',
  'BATCH_TOO_LARGE',
  'RECORD_BATCH_CORRUPT',
];

/** Why a window failed, as its workflow decides on it. */
export interface WindowFailure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** The batch that failed, where it was one. */
  readonly batch?: Pick<BatchFailure, 'sequence' | 'revision'> | undefined;
}

/** The failing batch, counted on as long as it is the same one that fails by itself. */
export function batchFailure(
  before: BatchFailure | null | undefined,
  { code, batch }: WindowFailure,
): BatchFailure | null {
  if (batch === undefined || !BATCH_FAILURES.includes(code)) return before ?? null;
  const same = before?.sequence === batch.sequence && before.revision === batch.revision;
  if (!same) return { ...batch, code, attempts: 1, sinceMs: Date.now() };
  return { ...before, code, attempts: before.attempts + 1 };
}

export function isStuck(failure: BatchFailure | null | undefined): boolean {
  return (failure?.attempts ?? 0) >= QUICK_BATCH_ATTEMPTS;
}

export function howStuck({ table, failure }: IngestStatus): string {
  if (!failure) return '';
  return (
    `Batch ${failure.sequence} (revision ${failure.revision}) has failed ${failure.attempts} times and holds up all that follow; nothing is lost. ` +
    `Look at it with: sluice plan show ${table}. Once its cause is corrected, let it be done anew with: sluice plan abandon ${table}. `
  );
}

export function failureOf(error: unknown): WindowFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return {
      code: 'TIMEOUT',
      message: 'The worker stopped answering; another takes over where the log stands.',
      retryable: true,
    };
  }
  if (cause instanceof ApplicationFailure) {
    const retryable = cause.nonRetryable !== true;
    return { code: cause.type ?? '', message: cause.message, retryable, batch: batchOf(cause.details?.[0]) };
  }
  return { code: '', message: cause instanceof Error ? cause.message : String(cause), retryable: true };
}

function batchOf(details: unknown): WindowFailure['batch'] {
  if (typeof details !== 'object' || details === null) return undefined;
  const { sequence, revision } = details as Record<string, unknown>;
  return typeof sequence === 'number' && typeof revision === 'number' ? { sequence, revision } : undefined;
}
