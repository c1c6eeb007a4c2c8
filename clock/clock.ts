import { setTimeout as sleep } from 'node:timers/promises';

/** Time as a process sees it. */
export interface Clock {
  /** Milliseconds since the epoch by this machine's clock, which may be wrong: to tell people, never to decide by. */
  nowMs(): number;
  /** Milliseconds since some moment in this process's life: to measure durations. */
  elapsedMs(): number;
  /** @throws the signal's AbortError where it is aborted before the time is over */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A signal that is aborted once the time is over. */
  timeout(ms: number): AbortSignal;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
  timeout: (ms) => AbortSignal.timeout(ms),
};
