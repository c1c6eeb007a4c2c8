import { setTimeout as sleep } from 'node:timers/promises';
import type { SluiceError } from '../errors/sluice-error.ts';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1_000;

/** Waits longer and longer between attempts that get nowhere, and gives up at a limit. */
export class Retry {
  readonly #limitMs: number;
  readonly #signal: AbortSignal | undefined;
  #startedMs = performance.now();
  #delayMs = FIRST_DELAY_MS;

  constructor(limitMs: number, signal?: AbortSignal) {
    this.#limitMs = limitMs;
    this.#signal = signal;
  }

  /** To be called when an attempt got somewhere. */
  progressed(): void {
    this.#startedMs = performance.now();
    this.#delayMs = FIRST_DELAY_MS;
  }

  /**
   * Waits before the next attempt, or throws `failure` when the limit would pass; throws the signal's reason when aborted.
   * @param atLeastMs what the next attempt has to wait in any case
   */
  async after(failure: SluiceError, atLeastMs = 0): Promise<void> {
    this.#signal?.throwIfAborted();
    const longestMs = Math.max(this.#delayMs, atLeastMs);
    if (performance.now() - this.#startedMs + longestMs > this.#limitMs) throw failure;
    const delayMs = Math.max(this.#delayMs * (0.5 + Math.random() / 2), atLeastMs);
    await sleep(delayMs, undefined, { signal: this.#signal }).catch(() => {});
    this.#signal?.throwIfAborted();
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let onAbort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
