/** Into how many parts an interval is divided: many servers' readings make an even stream, and few requests. */
export const SLOTS_PER_INTERVAL = 5;

/** The slot of the host with this index among `hosts`: they are spread evenly, each keeps its own. */
export function slotOf(index: number, hosts: number): number {
  return Math.floor((index * SLOTS_PER_INTERVAL) / hosts);
}

/** The number of the next slot to be due after `nowMs`; those that passed meanwhile are left out, not caught up. */
export function nextSlot(previous: number, startMs: number, slotMs: number, nowMs: number): number {
  return Math.max(previous + 1, Math.floor((nowMs - startMs) / slotMs) + 1);
}

/**
 * Calls `onSlot` with each slot's number within its interval, at even moments that do not drift.
 * @returns stops it.
 */
export function everySlot(intervalMs: number, onSlot: (slot: number) => void): () => void {
  const slotMs = intervalMs / SLOTS_PER_INTERVAL;
  const startMs = performance.now();
  let slot = 0;
  let timer: NodeJS.Timeout;
  const run = (): void => {
    onSlot(slot % SLOTS_PER_INTERVAL);
    const now = performance.now();
    slot = nextSlot(slot, startMs, slotMs, now);
    timer = setTimeout(run, startMs + slot * slotMs - now);
  };
  timer = setTimeout(run, 0);
  return () => clearTimeout(timer);
}
