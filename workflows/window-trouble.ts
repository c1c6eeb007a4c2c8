import type { WindowProgress } from '../activities/window.ts';

/** A worker's clock may differ from Temporal's by this before somebody is told. */
export const MAX_CLOCK_DIFFERENCE_MS = 60_000;
/** Batches of others in one window that a worker which had been given up, and came back, may account for. */
export const MAX_BATCHES_OF_OTHERS = 3;

/**
 * What an operator should know of a window that went well: rows are right, but something around them is not.
 * @param nowMs by Temporal's clock, after the window
 */
export function troubleOf(window: WindowProgress, nowMs: number): string | undefined {
  if (window.publicationFailure !== null) {
    return `Rows are committed, but Hive lags behind. ${window.publicationFailure}`;
  }
  // A window of an older worker says neither.
  const { byOthers = 0, clock } = window as Partial<WindowProgress>;
  if (byOthers > MAX_BATCHES_OF_OTHERS) {
    return `Rows are right, but others committed ${byOthers} batches during the last window: something else ingests this table too, such as a second deployment on the same lake. Find it and stop it; until then the two do each other's work.`;
  }
  if (clock === undefined) return undefined;
  // The answer is late by some time, never early; so is the window's beginning.
  const aheadMs = clock.endedAtMs - nowMs;
  if (aheadMs > MAX_CLOCK_DIFFERENCE_MS) return clockIs(aheadMs, 'ahead of');
  if (-clock.aheadAtMostMs > MAX_CLOCK_DIFFERENCE_MS) return clockIs(-clock.aheadAtMostMs, 'behind');
  return undefined;
}

function clockIs(ms: number, where: string): string {
  return `Rows are right, but the clock of the worker's machine is ${(ms / 60_000).toFixed(0)} minutes ${where} Temporal's: times of commits, and freshness, are wrong by as much. Set that clock; the Temporal UI names the worker of each window.`;
}
