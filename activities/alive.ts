import { Context } from '@temporalio/activity';
import { toFailure } from './failure.ts';

const HEARTBEAT_EVERY_MS = 1_000;

/** Does an activity's work, says every second that it still does, and ends when it is cancelled. */
export async function alive<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const heartbeat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await work(context.cancellationSignal);
  } catch (thrown) {
    context.cancellationSignal.throwIfAborted();
    throw toFailure(thrown);
  } finally {
    clearInterval(heartbeat);
  }
}
