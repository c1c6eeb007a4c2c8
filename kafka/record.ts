/**
 * One record as it lies in its decompressed batch. The object is reused: it holds until the next one is read, and what
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
