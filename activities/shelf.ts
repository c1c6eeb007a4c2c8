import type { Clock } from '../clock/clock.ts';

/** How long a thing is kept for its next user: well below the ten minutes for which entries of a log are kept at least. */
export const SHELF_KEEP_MS = 300_000;

/**
 * Things that are dear to open and had by one user at a time: each takes one, and puts it back for the next when all went
 * well. Who fails, or hangs beside its successor, puts nothing back, so nobody meets what another left half done.
 */
export class Shelf<T> {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly thing: T; readonly nowMs: number; readonly elapsedMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(name: string): T | undefined {
    this.#clear();
    const found = this.#kept.get(name);
    this.#kept.delete(name);
    return found?.thing;
  }

  put(name: string, thing: T): void {
    this.#clear();
    this.#kept.set(name, { thing, nowMs: this.#clock.nowMs(), elapsedMs: this.#clock.elapsedMs() });
  }

  /** By both clocks: a machine that was asleep is told by one of them only. */
  #clear(): void {
    const [nowMs, elapsedMs] = [this.#clock.nowMs(), this.#clock.elapsedMs()];
    for (const [name, kept] of this.#kept) {
      const isFresh = Math.abs(nowMs - kept.nowMs) < SHELF_KEEP_MS && elapsedMs - kept.elapsedMs < SHELF_KEEP_MS;
      if (!isFresh) this.#kept.delete(name);
    }
  }
}
