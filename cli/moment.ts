import { momentMs } from '../definition/units.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/** The time that an option was given, in milliseconds since the epoch. @throws SluiceError USAGE */
export function momentOf(option: string, text: string, nowMs: number): number {
  const timeMs = momentMs(text, nowMs);
  if (timeMs !== undefined) return timeMs;
  throw new SluiceError(
    'USAGE',
    `${option} must be a time such as 2026-11-23T05:00:00Z or a duration such as 2h, not "${text}".`,
  );
}
