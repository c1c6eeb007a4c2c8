import type { RawRecord } from './record.ts';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const MINUS = 0x2d;
const ZERO = 0x30;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const OFFSET_KEY = Buffer.from('{"~o":');
const TIMESTAMP_KEY = Buffer.from(',"~t":');

/** The longest that a line can be beyond its value: both keys, two numbers of up to 20 digits, a comma, the line's end. */
export const LINE_OVERHEAD_BYTES = 64;

/**
 * NDJSON lines in one growing buffer. A line is a record's JSON object with its origin put first:
 * `{"~o":<offset>,"~t":<timestamp in ms>` and then what follows the object's `{`. Nothing is allocated for a record.
 */
export class LineBuffer {
  #bytes: Buffer;
  #length = 0;
  #rowCount = 0;
  readonly #maxRecordBytes: number;
  readonly #lineFeeds = new ByteFinder(LINE_FEED);
  readonly #carriageReturns = new ByteFinder(CARRIAGE_RETURN);

  constructor(capacityBytes: number, maxRecordBytes = Number.POSITIVE_INFINITY) {
    this.#maxRecordBytes = maxRecordBytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(capacityBytes, LINE_OVERHEAD_BYTES));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get sizeBytes(): number {
    return this.#length;
  }

  /** The lines so far; they hold until the next `append` or `clear`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#rowCount = 0;
  }

  /** False, with nothing appended, for a record that can't be a line: null, too long, not an object's text, or with a line break. */
  append(record: RawRecord): boolean {
    const { buffer } = record;
    if (record.valueEnd < 0 || record.valueEnd - record.valueStart > this.#maxRecordBytes) return false;
    const open = skipBlank(buffer, record.valueStart, record.valueEnd);
    if (open === record.valueEnd || buffer[open] !== OPEN_BRACE) return false;
    const end = trimBlank(buffer, open, record.valueEnd);
    if (this.#lineFeeds.isWithin(buffer, open, end) || this.#carriageReturns.isWithin(buffer, open, end)) return false;
    const first = skipBlank(buffer, open + 1, end);
    this.#reserve(end - first + LINE_OVERHEAD_BYTES);
    this.#write(record, first, end);
    return true;
  }

  /** `first` is where the object's first key begins, or its `}`. */
  #write(record: RawRecord, first: number, end: number): void {
    const out = this.#bytes;
    let at = writeBytes(out, this.#length, OFFSET_KEY);
    at = writeOffset(out, at, record);
    at = writeBytes(out, at, TIMESTAMP_KEY);
    at = writeInteger(out, at, record.timestampMs);
    if (record.buffer[first] !== CLOSE_BRACE || first === end) out[at++] = COMMA;
    at += record.buffer.copy(out, at, first, end);
    out[at++] = LINE_FEED;
    this.#length = at;
    this.#rowCount++;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Whether a byte occurs in a part of a buffer, for parts asked about in rising order: each stretch is searched once. */
class ByteFinder {
  readonly #byte: number;
  #buffer: Buffer | undefined;
  #searchedFrom = 0;
  #found = 0;

  constructor(byte: number) {
    this.#byte = byte;
  }

  isWithin(buffer: Buffer, start: number, end: number): boolean {
    if (buffer !== this.#buffer || start > this.#found || start < this.#searchedFrom) {
      const found = buffer.indexOf(this.#byte, start);
      this.#buffer = buffer;
      this.#searchedFrom = start;
      this.#found = found < 0 ? Infinity : found;
    }
    return this.#found < end;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

function skipBlank(buffer: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(buffer[at])) at++;
  return at;
}

function trimBlank(buffer: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(buffer[at - 1])) at--;
  return at;
}

function writeBytes(out: Buffer, start: number, bytes: Buffer): number {
  for (let index = 0; index < bytes.length; index++) out[start + index] = bytes[index] as number;
  return start + bytes.length;
}

function writeOffset(out: Buffer, start: number, record: RawRecord): number {
  const offset = record.approximateOffset;
  if (offset <= Number.MAX_SAFE_INTEGER) return writeInteger(out, start, offset);
  return start + out.write(String(record.offset), start, 'latin1');
}

/** Numbers are written in two halves, for arithmetic on 32-bit integers is faster. */
const HALF = 1e8;

function writeInteger(out: Buffer, start: number, value: number): number {
  if (value < 0) {
    out[start] = MINUS;
    return writeInteger(out, start + 1, -value);
  }
  if (value < HALF) return writeDigits(out, start, value | 0, digitsOf(value | 0));
  const high = Math.floor(value / HALF);
  const at = writeInteger(out, start, high);
  return writeDigits(out, at, (value - high * HALF) | 0, 8);
}

function writeDigits(out: Buffer, start: number, value: number, digits: number): number {
  let rest = value;
  for (let at = start + digits - 1; at >= start; at--) {
    const quotient = (rest / 10) | 0;
    out[at] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return start + digits;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}
