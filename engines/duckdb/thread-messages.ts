import type { ErrorCode } from '../../errors/codes.ts';
import { asSluiceError, type ErrorDetails, SluiceError } from '../../errors/sluice-error.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { SessionLimits } from '../../duckdb/session.ts';
import { type BatchRequest, type BatchResult, BatchTooLarge } from '../engine.ts';

/** What the thread is started with; it never leaves the process's memory. */
export interface ThreadData {
  readonly kafka: KafkaSettings;
  readonly clientId: string;
  readonly limits: SessionLimits | undefined;
}

export type ToThread =
  | { readonly kind: 'write'; readonly id: number; readonly request: Omit<BatchRequest, 'signal' | 'report'> }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'open' }
  | { readonly kind: 'written'; readonly id: number; readonly result: BatchResult }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An error as it crosses to another thread, where classes do not. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly details: ErrorDetails;
  /** What a BatchTooLarge says. */
  readonly tooLarge?: { readonly maxBytes: number; readonly readTo: ReadonlyMap<number, bigint> };
  readonly cause: unknown;
}

export function failureOf(thrown: unknown): Failure {
  const { code, message, remedy, details, cause } = asSluiceError(thrown);
  const said = cause instanceof Error ? new Error(cause.message) : undefined;
  const failure = { code, message, remedy, details, cause: said };
  if (!(thrown instanceof BatchTooLarge)) return failure;
  return { ...failure, tooLarge: { maxBytes: Number(details['maxBytes']), readTo: thrown.readTo } };
}

export function errorOf({ code, message, remedy, details, tooLarge, cause }: Failure, plan: BatchPlan): SluiceError {
  if (tooLarge !== undefined) return new BatchTooLarge(plan, tooLarge.maxBytes, tooLarge.readTo);
  return new SluiceError(code, message, { ...(remedy !== undefined && { remedy }), details, cause });
}
