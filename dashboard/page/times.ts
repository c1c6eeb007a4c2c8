import { duration } from '../quantities.ts';
import { LANGUAGE } from './language.ts';

const clock = new Intl.DateTimeFormat(LANGUAGE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(LANGUAGE, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** 14:03:22, as clocks here show it. */
export function localTime(ms: number): string {
  return clock.format(ms);
}

/** 23 Nov, 14:03. */
export function localDay(ms: number): string {
  return day.format(ms);
}

/** The same moment for somebody elsewhere; shown on hover. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)} UTC`;
}

/** How long ago in few words; within a few seconds there is nothing to count. */
export function ago(ms: number): string {
  return ms < 5_000 ? 'now' : duration(ms);
}
