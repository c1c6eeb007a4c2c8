/** Callers that are told apart; past it the one seen first is forgotten. */
export const MAX_CALLERS = 1_000;

/** So many in a row, refilled evenly over a minute, for each caller by itself. */
export class RateLimit {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  readonly #callers = new Map<string, { left: number; atMs: number }>();

  /** @param nowMs a clock that never goes back */
  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** Milliseconds until the caller may again; 0 where it may now. */
  waitMs(caller: string): number {
    const { left } = this.#at(caller);
    return left >= 1 ? 0 : Math.ceil(((1 - left) * 60_000) / this.#perMinute);
  }

  take(caller: string): void {
    const { left, atMs } = this.#at(caller);
    this.#callers.delete(caller);
    this.#callers.set(caller, { left: Math.max(0, left - 1), atMs });
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > MAX_CALLERS && oldest !== undefined) this.#callers.delete(oldest);
  }

  #at(caller: string): { left: number; atMs: number } {
    const atMs = this.#nowMs();
    const known = this.#callers.get(caller);
    if (known === undefined) return { left: this.#perMinute, atMs };
    const refilled = ((atMs - known.atMs) * this.#perMinute) / 60_000;
    return { left: Math.min(this.#perMinute, known.left + refilled), atMs };
  }
}
