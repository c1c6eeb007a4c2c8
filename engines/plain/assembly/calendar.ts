import { isDigit, NOT_PLAIN } from './json';

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const CAPITAL_T: u8 = 0x54;
const CAPITAL_Z: u8 = 0x5a;
/** "+00:00", as two loads read it. */
const UTC_OFFSET: u32 = 0x3a30302b;
const UTC_OFFSET_END: u16 = 0x3030;

const FIRST_YEAR: u32 = 1970;
const LAST_YEAR: u32 = 2200;
const MICRO_DIGITS: u32 = 6;
const SECONDS_A_DAY: i64 = 86_400;
const MICROS_A_SECOND: i64 = 1_000_000;
/** What is no two digits. */
const NO_NUMBER: u32 = 10_000;

/** What `afterTimestamp` and `afterDate` have read: microseconds and days since the epoch. */
export let micros: i64 = 0;
export let days: i32 = 0;

/** The text of the last day, whose number is `days`: most times are of the day of the one before. At first "1970-01-01". */
let lastText: u64 = 0x2d31302d30373931;
let lastTextEnd: u16 = 0x3130;

/** A text such as "2026-11-23T05:00:00.123Z", from its quote on. */
export function afterTimestamp(at: usize): usize {
  if (!readDay(at)) return NOT_PLAIN;
  const separator = load<u8>(at + 11);
  const hour = twoDigits(at + 12);
  const minute = twoDigits(at + 15);
  const second = twoDigits(at + 18);
  if (separator != CAPITAL_T && separator != SPACE) return NOT_PLAIN;
  if (load<u8>(at + 14) != COLON || load<u8>(at + 17) != COLON) return NOT_PLAIN;
  if (hour > 23 || minute > 59 || second > 59) return NOT_PLAIN;
  at += 20;
  let fraction: u32 = 0;
  if (load<u8>(at) == DOT) {
    const start = ++at;
    // More digits than fit are refused below.
    for (; isDigit(load<u8>(at)); at++) fraction = fraction * 10 + (load<u8>(at) - ZERO);
    let digits = <u32>(at - start);
    if (digits == 0 || digits > MICRO_DIGITS) return NOT_PLAIN;
    for (; digits < MICRO_DIGITS; digits++) fraction *= 10;
  }
  if (load<u8>(at) == CAPITAL_Z) at += 1;
  else if (load<u32>(at) == UTC_OFFSET && load<u16>(at + 4) == UTC_OFFSET_END) at += 6;
  else return NOT_PLAIN;
  if (load<u8>(at) != QUOTE) return NOT_PLAIN;
  const seconds = <i64>days * SECONDS_A_DAY + <i64>((hour * 60 + minute) * 60 + second);
  micros = seconds * MICROS_A_SECOND + fraction;
  return at + 1;
}

/** A text such as "2026-11-23", from its quote on. */
export function afterDate(at: usize): usize {
  return readDay(at) && load<u8>(at + 11) == QUOTE ? at + 12 : NOT_PLAIN;
}

function readDay(at: usize): bool {
  if (load<u8>(at) != QUOTE) return false;
  const text = load<u64>(at + 1);
  const textEnd = load<u16>(at + 9);
  if (text == lastText && textEnd == lastTextEnd) return true;
  if (load<u8>(at + 5) != MINUS || load<u8>(at + 8) != MINUS) return false;
  const year = twoDigits(at + 1) * 100 + twoDigits(at + 3);
  const month = twoDigits(at + 6);
  const day = twoDigits(at + 9);
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
    return false;
  days = daysSinceEpoch(year, month, day);
  lastText = text;
  lastTextEnd = textEnd;
  return true;
}

function twoDigits(at: usize): u32 {
  const tens = load<u8>(at) - ZERO;
  const ones = load<u8>(at + 1) - ZERO;
  return tens > 9 || ones > 9 ? NO_NUMBER : <u32>tens * 10 + ones;
}

function isLeap(year: u32): bool {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

function daysIn(year: u32, month: u32): u32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function daysSinceEpoch(year: u32, month: u32, day: u32): i32 {
  let count: u32 = day - 1;
  for (let before = FIRST_YEAR; before < year; before++) count += isLeap(before) ? 366 : 365;
  for (let before: u32 = 1; before < month; before++) count += daysIn(year, before);
  return count;
}
