import { ApplicationFailure } from '@temporalio/common';
import { asSluiceError } from '../errors/sluice-error.ts';

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
