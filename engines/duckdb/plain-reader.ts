import { isUtf8 } from 'node:buffer';

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const CAPITAL_E = 0x45;
const CAPITAL_T = 0x54;
const CAPITAL_Z = 0x5a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const SMALL_E = 0x65;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** With up to this many digits, an integer and a power of ten are exact doubles, and so their quotient is the nearest one. */
export const EXACT_DIGITS = 15;
export const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const MAX_INTEGER_DIGITS = 19;
const MAX_NESTING = 64;
const DAY_MS = 86_400_000;
const FIRST_YEAR = 1970;
const LAST_YEAR = 2200;
const MICRO_DIGITS = 6;

/**
 * Reads plainly written JSON from bytes, without making anything of it that must be collected. Plain means that there are no
 * two opinions of what the text says: no escapes, no exotic numbers, times in UTC. What is not plain is no error: it is left
 * to who reads with more care. Methods leave `at` behind what they have read; after a refusal it stands anywhere.
 *
 * Nothing is checked against the end of the value while reading, only afterwards: whoever reads to a `}` must see that it
 * stood within.
 */
export class PlainReader {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  /** Where the last text lies, without its quotes. */
  textStart = 0;
  textEnd = 0;
  #dayKey = 0;
  #dayMs = Number.NaN;

  /** The first place from `at` on that is no blank. */
  afterBlank(at: number): number {
    while (isBlank(this.bytes[at] as number)) at++;
    return at;
  }

  skipBlank(): void {
    this.at = this.afterBlank(this.at);
  }

  /** Whether nothing but blanks is left up to `end`; false where that has been passed. */
  isAllBlank(end: number): boolean {
    let { at } = this;
    while (at < end && isBlank(this.bytes[at] as number)) at++;
    return at === end;
  }

  /** Whether this byte is next; if so it is passed. */
  passes(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  passesText(text: Uint8Array): boolean {
    const { bytes, at } = this;
    for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
    this.at = at + text.length;
    return true;
  }

  passesNull(): boolean {
    return this.passesText(NULL);
  }

  /** 1, 0, or -1 for neither. */
  boolean(): number {
    if (this.passesText(TRUE)) return 1;
    return this.passesText(FALSE) ? 0 : -1;
  }

  /** A text without escapes; see `textStart`. */
  text(): boolean {
    if (!this.passes(QUOTE)) return false;
    const { bytes, at: start } = this;
    let at = start;
    let all = 0;
    for (;;) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) break;
      if (!(byte >= SPACE) || byte === BACKSLASH) return false;
      all |= byte;
      at++;
    }
    if (all > 127 && !isUtf8(bytes.subarray(start, at))) return false;
    this.textStart = start;
    this.textEnd = at;
    this.at = at + 1;
    return true;
  }

  /** The double nearest to a JSON number; NaN for anything else, and for one that is too large. */
  number(): number {
    const start = this.at;
    if (!this.#passesNumber()) return Number.NaN;
    const value = Number(this.#latin1(start, this.at));
    return Number.isFinite(value) ? value : Number.NaN;
  }

  #passesNumber(): boolean {
    this.passes(MINUS);
    const first = this.at;
    if (!this.#passesDigits() || (this.bytes[first] === ZERO && this.at > first + 1)) return false;
    if (this.passes(DOT) && !this.#passesDigits()) return false;
    if (!this.passes(SMALL_E) && !this.passes(CAPITAL_E)) return true;
    if (!this.passes(MINUS)) this.passes(PLUS);
    return this.#passesDigits();
  }

  /** One at the least. */
  #passesDigits(): boolean {
    const start = this.at;
    while (digitAt(this.bytes, this.at) >= 0) this.at++;
    return this.at > start;
  }

  /** A whole number of up to 19 digits; undefined for anything else. */
  longInteger(): bigint | undefined {
    const start = this.at;
    let at = start;
    if (this.bytes[at] === MINUS) at++;
    const first = at;
    if (digitAt(this.bytes, at) <= 0) return undefined;
    while (digitAt(this.bytes, at) >= 0) at++;
    if (at - first > MAX_INTEGER_DIGITS) return undefined;
    this.at = at;
    return BigInt(this.#latin1(start, at));
  }

  /** Microseconds since the epoch of a text such as "2026-11-23T05:00:00.123Z"; NaN for anything else. */
  timestamp(at: number): number {
    const { bytes } = this;
    const dayMs = this.#day(at);
    const separator = bytes[at + 11];
    const hour = twoDigits(bytes, at + 12);
    const minute = twoDigits(bytes, at + 15);
    const second = twoDigits(bytes, at + 18);
    if (
      (separator !== CAPITAL_T && separator !== SPACE) ||
      bytes[at + 14] !== COLON ||
      bytes[at + 17] !== COLON ||
      !(hour < 24 && minute < 60 && second < 60)
    ) {
      return Number.NaN;
    }
    let end = at + 20;
    let micros = 0;
    if (bytes[end] === DOT) {
      const start = ++end;
      for (let digit = digitAt(bytes, end); digit >= 0; digit = digitAt(bytes, ++end)) micros = micros * 10 + digit;
      const digits = end - start;
      if (digits === 0 || digits > MICRO_DIGITS) return Number.NaN;
      micros *= POWERS_OF_TEN[MICRO_DIGITS - digits] as number;
    }
    this.at = end;
    if (!this.#isUtc() || !this.passes(QUOTE)) return Number.NaN;
    return (dayMs + ((hour * 60 + minute) * 60 + second) * 1000) * 1000 + micros;
  }

  /** Days since the epoch of a text such as "2026-11-23"; NaN for anything else. */
  date(): number {
    const dayMs = this.#day(this.at);
    this.at += 11;
    return this.passes(QUOTE) ? dayMs / DAY_MS : Number.NaN;
  }

  /** The day that begins after a quote at `at`, in milliseconds since the epoch. Most times are of the day of the one before. */
  #day(at: number): number {
    const { bytes } = this;
    if (bytes[at] !== QUOTE || bytes[at + 5] !== MINUS || bytes[at + 8] !== MINUS) return Number.NaN;
    const year = twoDigits(bytes, at + 1) * 100 + twoDigits(bytes, at + 3);
    const month = twoDigits(bytes, at + 6);
    const day = twoDigits(bytes, at + 9);
    const key = (year * 100 + month) * 100 + day;
    if (key !== this.#dayKey) {
      this.#dayKey = key;
      this.#dayMs = dayOf(year, month, day);
    }
    return this.#dayMs;
  }

  #isUtc(): boolean {
    return this.passes(CAPITAL_Z) || this.passesText(UTC_OFFSET);
  }

  /** Passes any one value, if it is plain. */
  skipValue(nesting = 0): boolean {
    const byte = this.bytes[this.at] as number;
    if (byte === QUOTE) return this.text();
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) return nesting < MAX_NESTING && this.#skipNested(nesting);
    if (byte === MINUS || digitAt(this.bytes, this.at) >= 0) return this.#passesNumber();
    return this.boolean() >= 0 || this.passesNull();
  }

  #skipNested(nesting: number): boolean {
    const isObject = this.bytes[this.at++] === OPEN_BRACE;
    const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
    this.skipBlank();
    if (this.passes(close)) return true;
    do {
      this.skipBlank();
      if (isObject && !(this.text() && this.passesColon())) return false;
      if (!this.skipValue(nesting + 1)) return false;
      this.skipBlank();
    } while (this.passes(COMMA));
    return this.passes(close);
  }

  /** A colon, and blanks around it. */
  passesColon(): boolean {
    this.skipBlank();
    if (!this.passes(COLON)) return false;
    this.skipBlank();
    return true;
  }

  #latin1(start: number, end: number): string {
    let text = '';
    for (let at = start; at < end; at++) text += String.fromCharCode(this.bytes[at] as number);
    return text;
  }
}

const UTC_OFFSET = Buffer.from('+00:00');

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** -1 where there is none. */
function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] as number) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** NaN where there are not two. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = digitAt(bytes, at);
  const ones = digitAt(bytes, at + 1);
  return tens < 0 || ones < 0 ? Number.NaN : tens * 10 + ones;
}

/** Milliseconds since the epoch; NaN for a day that is not in the calendar, or unusually far away. */
function dayOf(year: number, month: number, day: number): number {
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCDate() === day ? date.getTime() : Number.NaN;
}
