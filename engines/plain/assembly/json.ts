/**
 * Reads plainly written JSON. Plain means that there are no two opinions of what the text says: no escapes, no exotic numbers,
 * times in UTC. What is not plain is no error: it is left to who reads with more care.
 *
 * Each function returns the place behind what it has read, or NOT_PLAIN. Nothing is checked against the end of the value while
 * reading: behind all of them stands a zero, which ends everything, and whoever reads to a `}` must see that it stood within.
 */
import { isUtf8 } from './host';

export const NOT_PLAIN: usize = 0;

const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const PLUS: u8 = 0x2b;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const COLON: u8 = 0x3a;
const OPEN_BRACKET: u8 = 0x5b;
const CLOSE_BRACKET: u8 = 0x5d;
const SMALL_E: u8 = 0x65;
const OPEN_BRACE: u8 = 0x7b;
const CLOSE_BRACE: u8 = 0x7d;
const CASE_BIT: u8 = 0x20;
const MAX_NESTING: u32 = 64;

/** Eight bytes at a time: each byte's lowest and its highest bit. */
const LOW_BITS: u64 = 0x0101010101010101;
const HIGH_BITS: u64 = 0x8080808080808080;
const QUOTES: u64 = LOW_BITS * 0x22;
const BACKSLASHES: u64 = LOW_BITS * 0x5c;
const SPACES: u64 = LOW_BITS * 0x20;

const TRUE: u32 = 0x65757274;
const ALSE: u32 = 0x65736c61;
const NULL: u32 = 0x6c6c756e;

export function isDigit(byte: u8): bool {
  return byte - ZERO <= 9;
}

export function isExponent(byte: u8): bool {
  return (byte | CASE_BIT) == SMALL_E;
}

function isBlank(byte: u8): bool {
  return byte == SPACE || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

export function afterBlank(at: usize): usize {
  while (isBlank(load<u8>(at))) at++;
  return at;
}

/** Whether nothing but blanks is left up to `end`; false where that has been passed. */
export function isAllBlank(at: usize, end: usize): bool {
  while (at < end && isBlank(load<u8>(at))) at++;
  return at == end;
}

/** A text without escapes, from its quote on; it lies within the quotes. */
export function afterText(at: usize): usize {
  if (load<u8>(at) != QUOTE) return NOT_PLAIN;
  const start = at + 1;
  at = afterAscii(start);
  if (load<u8>(at) == QUOTE) return at + 1;
  while (load<u8>(at) > 0x7f) {
    while (load<u8>(at) > 0x7f) at++;
    at = afterAscii(at);
  }
  return load<u8>(at) == QUOTE && isUtf8(start, at) ? at + 1 : NOT_PLAIN;
}

/** The first byte that is a quote, a backslash, a control character or not of ASCII. */
function afterAscii(at: usize): usize {
  let found: u64 = notPlain(load<u64>(at));
  while (found == 0) {
    at += 8;
    found = notPlain(load<u64>(at));
  }
  return at + ((<usize>ctz(found)) >> 3);
}

/** The highest bit of the lowest byte that a text does not simply go on with; of bytes above it, any. */
function notPlain(bytes: u64): u64 {
  const isControl = (bytes - SPACES) & ~bytes;
  return (zeros(bytes ^ QUOTES) | zeros(bytes ^ BACKSLASHES) | isControl | bytes) & HIGH_BITS;
}

/** The highest bit of the lowest byte that is zero; borrowing may also set those of bytes above it. */
function zeros(bytes: u64): u64 {
  return (bytes - LOW_BITS) & ~bytes;
}

/** A colon, and blanks around it. */
export function afterColon(at: usize): usize {
  at = afterBlank(at);
  return load<u8>(at) == COLON ? afterBlank(at + 1) : NOT_PLAIN;
}

export function afterNull(at: usize): usize {
  return load<u32>(at) == NULL ? at + 4 : NOT_PLAIN;
}

export function afterTrue(at: usize): usize {
  return load<u32>(at) == TRUE ? at + 4 : NOT_PLAIN;
}

export function afterFalse(at: usize): usize {
  return load<u8>(at) == 0x66 && load<u32>(at + 1) == ALSE ? at + 5 : NOT_PLAIN;
}

export function afterNumber(at: usize): usize {
  if (load<u8>(at) == MINUS) at++;
  const first = at;
  at = afterDigits(at);
  if (at == NOT_PLAIN || (load<u8>(first) == ZERO && at > first + 1)) return NOT_PLAIN;
  if (load<u8>(at) == DOT) {
    at = afterDigits(at + 1);
    if (at == NOT_PLAIN) return NOT_PLAIN;
  }
  if (!isExponent(load<u8>(at))) return at;
  const sign = load<u8>(++at);
  return afterDigits(sign == MINUS || sign == PLUS ? at + 1 : at);
}

/** One at the least. */
function afterDigits(at: usize): usize {
  const start = at;
  while (isDigit(load<u8>(at))) at++;
  return at > start ? at : NOT_PLAIN;
}

/** Any one value. */
export function afterValue(at: usize, nesting: u32 = 0): usize {
  const byte = load<u8>(at);
  if (byte == QUOTE) return afterText(at);
  if (byte == OPEN_BRACE || byte == OPEN_BRACKET) return nesting < MAX_NESTING ? afterNested(at, nesting) : NOT_PLAIN;
  if (byte == MINUS || isDigit(byte)) return afterNumber(at);
  return afterTrue(at) | afterFalse(at) | afterNull(at);
}

function afterNested(at: usize, nesting: u32): usize {
  const isObject = load<u8>(at) == OPEN_BRACE;
  const close = isObject ? CLOSE_BRACE : CLOSE_BRACKET;
  at = afterBlank(at + 1);
  if (load<u8>(at) == close) return at + 1;
  for (;;) {
    if (isObject) {
      at = afterText(at);
      if (at != NOT_PLAIN) at = afterColon(at);
      if (at == NOT_PLAIN) return NOT_PLAIN;
    }
    at = afterValue(at, nesting + 1);
    if (at == NOT_PLAIN) return NOT_PLAIN;
    at = afterBlank(at);
    if (load<u8>(at) != COMMA) break;
    at = afterBlank(at + 1);
  }
  return load<u8>(at) == close ? at + 1 : NOT_PLAIN;
}
