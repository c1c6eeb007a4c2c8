import { Context } from '@temporalio/activity';
import { toFailure } from './failure.ts';
import { heartbeating } from './heartbeat.ts';

/**
 * Does an activity's work, says every second that it still does, and ends when it is cancelled.
 * @param work may tell how far it is, as the heartbeats then say
 */
export async function alive<T>(
  work: (signal: AbortSignal, tell: (progress: object) => void) => Promise<T>,
): Promise<T> {
  const { cancellationSignal } = Context.current();
  try {
    return await heartbeating((tell) => work(cancellationSignal, tell));
  } catch (thrown) {
    cancellationSignal.throwIfAborted();
    throw toFailure(thrown);
  }
}
