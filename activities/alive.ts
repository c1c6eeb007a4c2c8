import { Context } from '@temporalio/activity';
import { toFailure } from './failure.ts';

const HEARTBEAT_EVERY_MS = 1_000;

/**
 * Does an activity's work, says every second that it still does, and ends when it is cancelled.
 * @param work may tell how far it is, as the heartbeats then say
 */
export async function alive<T>(
  work: (signal: AbortSignal, tell: (progress: object) => void) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let latest: object | undefined;
  const heartbeat = setInterval(() => context.heartbeat(latest), HEARTBEAT_EVERY_MS);
  try {
    return await work(context.cancellationSignal, (progress) => (latest = progress));
  } catch (thrown) {
    context.cancellationSignal.throwIfAborted();
    throw toFailure(thrown);
  } finally {
    clearInterval(heartbeat);
  }
}
