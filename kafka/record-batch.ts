import { crc32c, Reader } from './library.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { batchCorrupt } from './batch-corrupt.ts';
import { BatchRecords } from './batch-records.ts';
import { CODECS, decompress, MAX_DECOMPRESSED_BYTES, type Codec } from './compression.ts';
import type { RecordVisitor } from './record.ts';

/**
 * A record batch of format 2 ("magic 2"), its records still compressed.
 * Layout: https://kafka.apache.org/documentation/#recordbatch.
 */
export interface RecordBatch {
  readonly baseOffset: bigint;
  /** The last offset that the batch stands for; compaction may have removed records without changing it. */
  readonly lastOffset: bigint;
  readonly recordCount: number;
  readonly codec: Codec;
  /** A marker of the transaction protocol, with no records of anybody's. */
  readonly isControl: boolean;
  readonly isTransactional: boolean;
  readonly producerId: bigint;
  readonly baseTimestampMs: number;
  readonly appendTimestampMs: number | undefined;
  /** The records' bytes as fetched. */
  readonly data: Buffer;
}

/** Field offsets in a batch. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const LAST_OFFSET_DELTA_AT = 23;
const BASE_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_ID_AT = 43;
const RECORD_COUNT_AT = 57;
const RECORDS_AT = 61;
/** What `length` doesn't count: the base offset and itself. */
const LENGTH_PREFIX_BYTES = 12;

const CODEC_MASK = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export interface FetchedBatches {
  readonly batches: readonly RecordBatch[];
  /** The first offset about which these bytes say nothing; undefined where they hold no whole batch. */
  readonly nextOffset: bigint | undefined;
  /** How many of the bytes the batches take. */
  readonly sizeBytes: number;
}

/**
 * The whole batches in fetched bytes, up to the first that begins at or after `endOffset`; their checksums hold. A part
 * of a batch at the end is left out, for a broker cuts its answer where the size limit falls.
 * @throws SluiceError RECORD_BATCH_CORRUPT, KAFKA_PROTOCOL.
 */
export function readRecordBatches(bytes: Buffer, endOffset: bigint): FetchedBatches {
  const batches: RecordBatch[] = [];
  let nextOffset: bigint | undefined;
  let at = 0;
  while (at + RECORDS_AT <= bytes.length) {
    const baseOffset = bytes.readBigInt64BE(at);
    if (baseOffset >= endOffset) return { batches, nextOffset: baseOffset, sizeBytes: at };
    const size = LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + LENGTH_AT);
    requireFormat(bytes.readInt8(at + MAGIC_AT), baseOffset);
    if (size < RECORDS_AT) throw batchCorrupt(baseOffset, `it claims to be ${size} bytes long`);
    if (at + size > bytes.length) break;
    const batch = readRecordBatch(bytes.subarray(at, at + size), baseOffset);
    batches.push(batch);
    nextOffset = batch.lastOffset + 1n;
    at += size;
  }
  return { batches, nextOffset, sizeBytes: at };
}

function readRecordBatch(bytes: Buffer, baseOffset: bigint): RecordBatch {
  // The library's native checksum copies a Buffer, but not what its Reader wraps.
  const found = crc32c(Reader.from(bytes.subarray(ATTRIBUTES_AT)).buffer);
  if (found !== bytes.readUInt32BE(CRC_AT)) throw batchCorrupt(baseOffset, 'its checksum does not match');
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const codec = CODECS[attributes & CODEC_MASK];
  if (codec === undefined) throw batchCorrupt(baseOffset, `it uses the unknown codec ${attributes & CODEC_MASK}`);
  return {
    baseOffset,
    lastOffset: baseOffset + BigInt(bytes.readInt32BE(LAST_OFFSET_DELTA_AT)),
    recordCount: bytes.readInt32BE(RECORD_COUNT_AT),
    codec,
    isControl: (attributes & CONTROL) !== 0,
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT),
    baseTimestampMs: Number(bytes.readBigInt64BE(BASE_TIMESTAMP_AT)),
    appendTimestampMs: attributes & APPEND_TIME ? Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT)) : undefined,
    data: bytes.subarray(RECORDS_AT),
  };
}

function requireFormat(magic: number, baseOffset: bigint): void {
  if (magic === 2) return;
  throw new SluiceError(
    'KAFKA_PROTOCOL',
    `The record batch at offset ${String(baseOffset)} has the message format ${magic}; only format 2 can be read.`,
    { remedy: 'Copy the old records to a new topic with a producer of Kafka 0.11 or later.' },
  );
}

export interface DecodeOptions {
  /** Records from this offset on; all where absent. */
  readonly startOffset?: bigint;
  /** Records before this offset; all where absent. */
  readonly endOffset?: bigint;
  /** @default MAX_DECOMPRESSED_BYTES */
  readonly maxDecompressedBytes?: number | undefined;
}

/**
 * Decompresses a batch.
 * @throws SluiceError RECORD_TOO_LARGE, RECORD_BATCH_CORRUPT.
 */
export function recordsOf(batch: RecordBatch, options: DecodeOptions): BatchRecords {
  const { baseOffset, recordCount, baseTimestampMs, appendTimestampMs } = batch;
  const { startOffset = baseOffset, endOffset = batch.lastOffset + 1n } = options;
  return new BatchRecords(decompressed(batch, options.maxDecompressedBytes ?? MAX_DECOMPRESSED_BYTES), {
    baseOffset,
    recordCount,
    baseTimestampMs,
    appendTimestampMs,
    minDelta: Number(startOffset - baseOffset),
    maxDelta: Number(endOffset - baseOffset),
  });
}

/**
 * Decompresses a batch and visits its records in order; the record is one object, reused.
 * @throws SluiceError RECORD_TOO_LARGE, RECORD_BATCH_CORRUPT; whatever the visitor throws.
 */
export function forEachRecordOf(batch: RecordBatch, options: DecodeOptions, visit: RecordVisitor): void {
  const records = recordsOf(batch, options);
  for (let record = records.next(); record !== undefined; record = records.next()) visit(record);
}

function decompressed(batch: RecordBatch, maxBytes: number): Buffer {
  try {
    return decompress(batch.codec, batch.data, maxBytes);
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw withOffset(thrown, batch.baseOffset);
    throw batchCorrupt(batch.baseOffset, `its ${batch.codec} data cannot be expanded`, thrown);
  }
}

function withOffset(error: SluiceError, baseOffset: bigint): SluiceError {
  return new SluiceError(error.code, `${error.message} It begins at offset ${String(baseOffset)}.`, {
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    details: { ...error.details, offset: String(baseOffset) },
  });
}
