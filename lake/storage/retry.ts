import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../errors/sluice-error.ts';

/** How long and how often a request is tried. */
export interface RequestLimits {
  readonly maxAttempts: number;
  /** Time that one attempt at a small object may take, its answer's body included. */
  readonly attemptMs: number;
  /** Time without a byte after which a connection is given up. */
  readonly idleMs: number;
  readonly connectMs: number;
}

/** Up to half a minute of pauses where the storage is busy, after which the step fails and is tried again as a whole. */
export const REQUEST_LIMITS: RequestLimits = { maxAttempts: 8, attemptMs: 20_000, idleMs: 30_000, connectMs: 5_000 };

/** Longest pause before the second attempt; each later one up to twice as long as the one before. */
export const FIRST_PAUSE_MS = 50;
/** The same where the storage asks to slow down. */
export const FIRST_THROTTLED_PAUSE_MS = 400;
export const LONGEST_PAUSE_MS = 5_000;

/** What a failure lets one expect of another attempt: nothing, that it may well succeed, or that it may, after a longer pause. */
export type Prospect = 'none' | 'good' | 'throttled';

/**
 * Runs a request until it succeeds, fails for good, or the attempts are used up; throws what the last one threw. The pauses
 * are random (full jitter), so that many who were refused together do not come back together.
 */
export async function withRetries<T>(
  maxAttempts: number,
  prospectOf: (thrown: unknown) => Prospect,
  request: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request(attempt);
    } catch (thrown) {
      if (attempt >= maxAttempts || thrown instanceof SluiceError) throw thrown;
      const prospect = prospectOf(thrown);
      if (prospect === 'none') throw thrown;
      await sleep(Math.random() * longestPauseMs(attempt, prospect === 'throttled'));
    }
  }
}

/** Longest pause after the given attempt. */
export function longestPauseMs(attempt: number, throttled: boolean): number {
  const firstMs = throttled ? FIRST_THROTTLED_PAUSE_MS : FIRST_PAUSE_MS;
  return Math.min(LONGEST_PAUSE_MS, firstMs * 2 ** (attempt - 1));
}
