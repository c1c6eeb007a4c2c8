import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/** Why work that was started has failed, as the activity said it: its code and its words; anything else as it is. */
export function workFailure(thrown: unknown): unknown {
  if (!(thrown instanceof WorkflowFailedError)) return thrown;
  for (let cause: unknown = thrown.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && isCode(cause.type)) {
      return new SluiceError(cause.type, cause.message, { cause: thrown });
    }
  }
  return thrown;
}

function isCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(ERROR_CODES, type);
}
