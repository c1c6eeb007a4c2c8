import type { HourReport } from '../api/wire.ts';
import { LANGUAGE } from './language.ts';

const HOUR_MS = 3_600_000;
const utcDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const localClock = new Intl.DateTimeFormat(LANGUAGE, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const localDate = new Intl.DateTimeFormat(LANGUAGE, { day: 'numeric', month: 'short' });

/** `23 Nov, 05:00–06:00`, or `23 Nov`, in UTC as the partition is named. */
export function hourName({ startMs, endMs }: Pick<HourReport, 'startMs' | 'endMs'>): string {
  const day = utcDay.format(startMs);
  if (endMs - startMs > HOUR_MS) return day;
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  return `${day}, ${clock(startMs)}–${clock(endMs)}`;
}

/** The same time as clocks here show it. */
export function localHours({ startMs, endMs }: Pick<HourReport, 'startMs' | 'endMs'>): string {
  return `${localDate.format(startMs)}, ${localClock.format(startMs)}–${localClock.format(endMs)}`;
}
