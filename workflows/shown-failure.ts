import { ActivityFailure, isCancellation } from '@temporalio/workflow';

/** Why a piece of work has ended without result, for the Temporal UI. */
export function whyItFailed(error: unknown): string {
  if (isCancellation(error)) return 'It was cancelled. What had not been done by then is left as it was.';
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
