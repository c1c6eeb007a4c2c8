/**
 * One record as it lies in its decompressed batch. The object is reused: it holds until the visitor returns, and what
 * is to be kept longer must be copied.
 */
export class RawRecord {
  /** The batch's first offset; the record's own is `offset`. Numbers, so that no bigint is made for each record. */
  readonly baseOffset: bigint;
  readonly baseOffsetNumber: number;
  offsetDelta = 0;
  /** Milliseconds since 1970 UTC: when it was produced, or appended, as the topic is set; -1 where there is none. */
  timestampMs = -1;
  buffer: Buffer = EMPTY;
  /** Where the key lies in `buffer`; both -1 for a null key. */
  keyStart = -1;
  keyEnd = -1;
  /** Where the value lies in `buffer`; both -1 for a null value (a tombstone). */
  valueStart = -1;
  valueEnd = -1;

  constructor(baseOffset: bigint) {
    this.baseOffset = baseOffset;
    this.baseOffsetNumber = Number(baseOffset);
  }

  get offset(): bigint {
    return this.baseOffset + BigInt(this.offsetDelta);
  }

  /** The offset as a number: exact up to Number.MAX_SAFE_INTEGER, and made without a bigint. */
  get approximateOffset(): number {
    return this.baseOffsetNumber + this.offsetDelta;
  }

  /** Bytes of key and value. */
  get sizeBytes(): number {
    return this.keyEnd - this.keyStart + (this.valueEnd - this.valueStart);
  }

  /** A copy of the key, or null. */
  copyKey(): Buffer | null {
    return this.keyEnd < 0 ? null : Buffer.from(this.buffer.subarray(this.keyStart, this.keyEnd));
  }

  /** A copy of the value, or null. */
  copyValue(): Buffer | null {
    return this.valueEnd < 0 ? null : Buffer.from(this.buffer.subarray(this.valueStart, this.valueEnd));
  }
}

const EMPTY = Buffer.alloc(0);

export type RecordVisitor = (record: RawRecord) => void;

/** What the records of a batch need of its header, and which of them are wanted. */
export interface RecordsFrame {
  readonly recordCount: number;
  readonly baseTimestampMs: number;
  /** The time of all records, where the broker stamps them as it appends them. */
  readonly appendTimestampMs: number | undefined;
  /** Offsets relative to the batch's first: from `minDelta` up to and without `maxDelta`. */
  readonly minDelta: number;
  readonly maxDelta: number;
}

/** A record whose lengths don't add up; the batch's checksum was right, so its producer made it so. */
export class MalformedRecords extends Error {}

/** Where the decoder stands. One variable for all, since decoding never pauses; a local would be an object a record. */
let at = 0;

/**
 * Visits the wanted records of one decompressed batch in order, skipping headers.
 * Layout: https://kafka.apache.org/documentation/#record.
 * @throws MalformedRecords.
 */
export function decodeRecords(data: Buffer, frame: RecordsFrame, record: RawRecord, visit: RecordVisitor): void {
  let start = 0;
  for (let index = 0; index < frame.recordCount; index++) {
    at = start;
    const length = varint(data);
    const end = at + length;
    if (length < 6 || end > data.length) throw new MalformedRecords(`record ${index} has the length ${length}`);
    at++; // attributes: none are defined
    const timestampDelta = varlong(data);
    const delta = varint(data);
    start = end;
    if (delta < frame.minDelta) continue;
    if (delta >= frame.maxDelta) return;
    const keyLength = varint(data);
    record.keyStart = keyLength < 0 ? -1 : at;
    if (keyLength > 0) at += keyLength;
    record.keyEnd = keyLength < 0 ? -1 : at;
    const valueLength = varint(data);
    record.valueStart = valueLength < 0 ? -1 : at;
    record.valueEnd = valueLength < 0 ? -1 : at + valueLength;
    if (at > end || record.valueEnd > end) throw new MalformedRecords(`record ${index} is longer than its length`);
    record.offsetDelta = delta;
    record.timestampMs = frame.appendTimestampMs ?? frame.baseTimestampMs + timestampDelta;
    record.buffer = data;
    const resume = start;
    visit(record);
    start = resume;
  }
}

/** A zigzag varint of up to 32 bits. */
function varint(data: Buffer): number {
  let byte = data[at++] as number;
  let value = byte & 127;
  for (let shift = 7; byte > 127; shift += 7) {
    byte = data[at++] as number;
    value |= (byte & 127) << shift;
  }
  return (value >>> 1) ^ -(value & 1);
}

/** A zigzag varint of up to 64 bits, exact up to 2^53. */
function varlong(data: Buffer): number {
  const first = data[at] as number;
  if (first < 128) {
    at++;
    return (first >>> 1) ^ -(first & 1);
  }
  let value = 0;
  let scale = 1;
  let byte: number;
  do {
    byte = data[at++] as number;
    value += (byte & 127) * scale;
    scale *= 128;
  } while (byte > 127);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
