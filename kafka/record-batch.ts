import { compressionsAlgorithmsByBitmask, crc32c } from '@platformatic/kafka';
import { SluiceError } from '../errors/sluice-error.ts';

/**
 * One record inside a decoded batch. The object is used again for the next record: copy what outlives the visit.
 * Positions are in `buffer`; a start of -1 means that key or value is null.
 */
export interface RawRecord {
  /** Below 2^53, which is checked once for each batch: as a number it costs nothing to count up. */
  offset: number;
  timestampMs: number;
  buffer: Buffer;
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
}

const HEADER_BYTES = 61;
const LENGTH_OVERHEAD_BYTES = 12;
const MAGIC = 2;
/** A batch that unpacks to more is refused, rather than the process dying of it. */
export const MAX_DECOMPRESSED_BYTES = 256 * 1024 ** 2;

/** A record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch), still as it was fetched. */
export class RecordBatch {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get baseOffset(): number {
    return Number(this.#bytes.readBigInt64BE(0));
  }
  get lastOffset(): number {
    return this.baseOffset + this.#bytes.readInt32BE(23);
  }
  get producerId(): bigint {
    return this.#bytes.readBigInt64BE(43);
  }
  get recordCount(): number {
    return this.#bytes.readInt32BE(57);
  }
  get isTransactional(): boolean {
    return (this.#attributes & 0x10) !== 0;
  }
  get isControl(): boolean {
    return (this.#attributes & 0x20) !== 0;
  }
  get #attributes(): number {
    return this.#bytes.readInt16BE(21);
  }

  /** Of a control batch: whether it ends a transaction by aborting it. */
  get isAbortMarker(): boolean {
    let type = -1;
    this.forEachRecord((record) => (type = record.buffer.readInt16BE(record.keyStart + 2)));
    return type === 0;
  }

  forEachRecord(visit: (record: RawRecord) => void): void {
    const data = this.#decompressed();
    const baseOffset = this.baseOffset;
    const firstTimestampMs = Number(this.#bytes.readBigInt64BE(27));
    // With LogAppendTime the broker's time, in maxTimestamp, holds for every record.
    const appendTimeMs = (this.#attributes & 0x08) === 0 ? undefined : Number(this.#bytes.readBigInt64BE(35));
    const reader = new VarintReader(data);
    const record: RawRecord = {
      offset: 0,
      timestampMs: 0,
      buffer: data,
      keyStart: 0,
      keyEnd: 0,
      valueStart: 0,
      valueEnd: 0,
    };
    for (let left = this.recordCount; left > 0; left -= 1) {
      const length = reader.next();
      const end = reader.position + length;
      reader.position += 1;
      const timestampDeltaMs = reader.nextLong();
      record.timestampMs = appendTimeMs ?? firstTimestampMs + timestampDeltaMs;
      record.offset = baseOffset + reader.next();
      const keyLength = reader.next();
      record.keyStart = keyLength < 0 ? -1 : reader.position;
      record.keyEnd = reader.position += Math.max(0, keyLength);
      const valueLength = reader.next();
      record.valueStart = valueLength < 0 ? -1 : reader.position;
      record.valueEnd = reader.position + Math.max(0, valueLength);
      visit(record);
      reader.position = end;
    }
  }

  #decompressed(): Buffer {
    const data = this.#bytes.subarray(HEADER_BYTES);
    const codec = this.#attributes & 0x07;
    if (codec === 0) return data;
    const algorithm = compressionsAlgorithmsByBitmask[codec];
    if (algorithm === undefined) throw corrupt(this.baseOffset, `its compression codec ${codec} is unknown`);
    let decompressed: Buffer;
    try {
      decompressed = algorithm.decompressSync(data);
    } catch (cause) {
      throw corrupt(this.baseOffset, 'it cannot be decompressed', cause);
    }
    if (decompressed.length > MAX_DECOMPRESSED_BYTES) {
      throw new SluiceError(
        'RECORD_TOO_LARGE',
        `The record batch at offset ${this.baseOffset} unpacks to ${decompressed.length} bytes, above ${MAX_DECOMPRESSED_BYTES}.`,
        { remedy: 'Have the producer send smaller batches.' },
      );
    }
    return decompressed;
  }
}

/** Zigzag varints as Protocol Buffers have them. */
class VarintReader {
  position = 0;
  readonly #data: Buffer;

  constructor(data: Buffer) {
    this.#data = data;
  }

  /** A varint of 32 bits. */
  next(): number {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.#data[this.position++] ?? 0;
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte & 0x80);
    return (value >>> 1) ^ -(value & 1);
  }

  /** A varlong; exact up to 2^53. */
  nextLong(): number {
    let value = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = this.#data[this.position++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte & 0x80);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/**
 * The whole batches in a fetch response's bytes. Kafka cuts the last one off where the response is full: it is left out.
 * @throws SluiceError RECORD_BATCH_CORRUPT where a checksum (CRC-32C) does not agree or the format is not known
 */
export function recordBatches(bytes: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = [];
  let position = 0;
  while (bytes.length - position >= HEADER_BYTES) {
    const end = position + LENGTH_OVERHEAD_BYTES + bytes.readInt32BE(position + 8);
    if (end > bytes.length) break;
    const batch = bytes.subarray(position, end);
    const baseOffset = Number(batch.readBigInt64BE(0));
    if (batch[16] !== MAGIC) throw corrupt(baseOffset, `its format is magic ${batch[16] ?? -1}, not ${MAGIC}`);
    if (!Number.isSafeInteger(baseOffset)) throw corrupt(baseOffset, 'its offset is beyond 2^53');
    if (crc32c(batch.subarray(21)) !== batch.readUInt32BE(17)) throw corrupt(baseOffset, 'its checksum does not agree');
    batches.push(new RecordBatch(batch));
    position = end;
  }
  return batches;
}

function corrupt(baseOffset: number, why: string, cause?: unknown): SluiceError {
  return new SluiceError('RECORD_BATCH_CORRUPT', `The record batch at offset ${baseOffset} cannot be read: ${why}.`, {
    remedy: 'It is fetched again; if it stays so, check the brokers’ disks.',
    details: { baseOffset },
    cause,
  });
}
