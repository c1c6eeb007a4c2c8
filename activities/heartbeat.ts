import { Context } from '@temporalio/activity';

/** A heartbeat says that the process lives, and how far the activity has come. */
export const HEARTBEAT_EVERY_MS = 1_000;

/** Heartbeats until an activity's work has ended, each time with what it told last. */
export async function heartbeating<T>(work: (tell: (progress: object) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let latest: object | undefined;
  const heartbeat = setInterval(() => context.heartbeat(latest), HEARTBEAT_EVERY_MS);
  try {
    return await work((progress) => (latest = progress));
  } finally {
    clearInterval(heartbeat);
  }
}
