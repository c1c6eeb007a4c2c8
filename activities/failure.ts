import { ApplicationFailure } from '@temporalio/common';
import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import type { BatchPlan } from '../plans/batch.ts';

/**
 * Any thrown value as the failure that a workflow sees: the code is its type, the advice its message. This is the only
 * place where errors meet Temporal.
 */
export function toFailure(thrown: unknown): ApplicationFailure {
  const error = asSluiceError(thrown);
  return ApplicationFailure.create({
    type: error.code,
    message: error.advice,
    nonRetryable: !error.retryable,
    details: [error.details],
  });
}

/** A failure of one batch, which names it. */
export function ofBatch({ sequence, revision }: BatchPlan, thrown: unknown): SluiceError {
  const batch = { sequence, revision };
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    const message = `Batch ${sequence} took longer than limits.step_timeout of the table definition.`;
    const remedy = 'It is tried again, in smaller parts where it can be parted.';
    return new SluiceError('STEP_TIMED_OUT', message, { remedy, details: batch, cause: thrown });
  }
  const { code, message, remedy, details } = asSluiceError(thrown);
  return new SluiceError(code, message, {
    ...(remedy === undefined ? {} : { remedy }),
    details: { ...details, ...batch },
    cause: thrown,
  });
}
