import { batchCorrupt } from './batch-corrupt.ts';
import { RawRecord } from './record.ts';

/** What the records of a batch need of its header, and which of them are wanted. */
export interface RecordsFrame {
  readonly baseOffset: bigint;
  readonly recordCount: number;
  readonly baseTimestampMs: number;
  /** The time of all records, where the broker stamps them as it appends them. */
  readonly appendTimestampMs: number | undefined;
  /** Offsets relative to the batch's first: from `minDelta` up to and without `maxDelta`. */
  readonly minDelta: number;
  readonly maxDelta: number;
}

/** Where `next` stands within a record. One variable for all, since it never pauses; a local would be an object a record. */
let at = 0;

/**
 * The records of one decompressed batch, read in order; headers are skipped.
 * Layout: https://kafka.apache.org/documentation/#record.
 */
export class BatchRecords {
  readonly data: Buffer;
  readonly frame: RecordsFrame;
  readonly #record: RawRecord;
  #at = 0;
  #index = 0;
  #wanted = 0;

  constructor(data: Buffer, frame: RecordsFrame) {
    this.data = data;
    this.frame = frame;
    this.#record = new RawRecord(frame.baseOffset);
  }

  /** Where the next record begins in `data`. */
  get at(): number {
    return this.#at;
  }

  /** Records from there on. */
  get left(): number {
    return this.frame.recordCount - this.#index;
  }

  /** Records before it that are wanted. */
  get wanted(): number {
    return this.#wanted;
  }

  /**
   * The next record that is wanted, or undefined where there is none any more. It is one object, reused.
   * @throws SluiceError RECORD_BATCH_CORRUPT where lengths don't add up; the checksum was right, so its producer made it so.
   */
  next(): RawRecord | undefined {
    const { data, frame } = this;
    while (this.#index < frame.recordCount) {
      at = this.#at;
      const length = varint(data);
      const end = at + length;
      if (length < 6 || end > data.length) throw this.#malformed(`has the length ${length}`);
      at++; // attributes: none are defined
      const timestampDelta = varlong(data);
      const delta = varint(data);
      const isWanted = delta >= frame.minDelta;
      if (isWanted && delta >= frame.maxDelta) break;
      if (isWanted) this.#read(end, delta, timestampDelta);
      this.#at = end;
      this.#index++;
      if (!isWanted) continue;
      this.#wanted++;
      return this.#record;
    }
    this.#index = frame.recordCount;
    return undefined;
  }

  /** Moves over records that somebody else has read: so many, and of them so many wanted ones. */
  pass(nextAt: number, records: number, wanted: number): void {
    this.#at = nextAt;
    this.#index += records;
    this.#wanted += wanted;
  }

  /** Key and value of the record that ends at `end`. */
  #read(end: number, delta: number, timestampDelta: number): void {
    const { data, frame } = this;
    const record = this.#record;
    const keyLength = varint(data);
    record.keyStart = keyLength < 0 ? -1 : at;
    if (keyLength > 0) at += keyLength;
    record.keyEnd = keyLength < 0 ? -1 : at;
    const valueLength = varint(data);
    record.valueStart = valueLength < 0 ? -1 : at;
    record.valueEnd = valueLength < 0 ? -1 : at + valueLength;
    if (at > end || record.valueEnd > end) throw this.#malformed('is longer than its length');
    record.offsetDelta = delta;
    record.timestampMs = frame.appendTimestampMs ?? frame.baseTimestampMs + timestampDelta;
    record.buffer = data;
  }

  #malformed(why: string): Error {
    return batchCorrupt(this.frame.baseOffset, `record ${this.#index} ${why}`);
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
