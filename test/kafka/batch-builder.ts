import { compressionsAlgorithms, crc32c } from '@platformatic/kafka';
import { CODECS, type Codec } from '../../kafka/compression.ts';

export interface BuiltRecord {
  /** Offset relative to the batch's first; the record's place where absent. */
  readonly delta?: number;
  readonly timestampDelta?: number;
  readonly key?: Buffer | string | null;
  readonly value?: Buffer | string | null;
  readonly headers?: readonly (readonly [name: string, value: string | null])[];
  /** Bytes of each number of it at the least. @default 1 */
  readonly leastVarintBytes?: number;
}

export interface BuiltBatch {
  readonly baseOffset: bigint;
  readonly records: readonly BuiltRecord[];
  /** Where compaction has removed records, this is beyond the last one that is left. */
  readonly lastOffsetDelta?: number;
  readonly codec?: Codec;
  readonly baseTimestampMs?: bigint;
  /** Makes it a batch that the broker has stamped. */
  readonly appendTimestampMs?: bigint;
  readonly producerId?: bigint;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Replaces the records' bytes. */
  readonly data?: Buffer;
  readonly recordCount?: number;
}

/** A record batch of format 2, byte by byte after https://kafka.apache.org/documentation/#recordbatch. */
export function buildBatch(batch: BuiltBatch): Buffer {
  const codec = batch.codec ?? 'none';
  const plain = Buffer.concat(batch.records.map((record, index) => buildRecord(record, index)));
  const data = batch.data ?? (codec === 'none' ? plain : compressionsAlgorithms[codec].compressSync(plain));
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(batch.baseOffset, 0);
  header.writeInt32BE(header.length - 12 + data.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(attributesOf(batch, codec), 21);
  header.writeInt32BE(batch.lastOffsetDelta ?? batch.records.length - 1, 23);
  header.writeBigInt64BE(batch.baseTimestampMs ?? 1_000n, 27);
  header.writeBigInt64BE(batch.appendTimestampMs ?? 1_000n, 35);
  header.writeBigInt64BE(batch.producerId ?? -1n, 43);
  header.writeInt16BE(0, 51);
  header.writeInt32BE(0, 53);
  header.writeInt32BE(batch.recordCount ?? batch.records.length, 57);
  const bytes = Buffer.concat([header, data]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

/** The marker that ends a transaction. */
export function buildMarker(offset: bigint, producerId: bigint, type: 'commit' | 'abort'): Buffer {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  return buildBatch({
    baseOffset: offset,
    records: [{ key, value: Buffer.alloc(6) }],
    producerId,
    isTransactional: true,
    isControl: true,
  });
}

function attributesOf(batch: BuiltBatch, codec: Codec): number {
  const append = batch.appendTimestampMs === undefined ? 0 : 0x08;
  return CODECS.indexOf(codec) | append | (batch.isTransactional ? 0x10 : 0) | (batch.isControl ? 0x20 : 0);
}

function buildRecord(record: BuiltRecord, index: number): Buffer {
  const headers = record.headers ?? [];
  const number = (value: number): Buffer => varint(value, record.leastVarintBytes);
  const text = (value: Buffer | string | null): Buffer => {
    if (value === null) return number(-1);
    const bytes = Buffer.from(value);
    return Buffer.concat([number(bytes.length), bytes]);
  };
  const body = Buffer.concat([
    Buffer.from([0]),
    number(record.timestampDelta ?? 0),
    number(record.delta ?? index),
    text(record.key ?? null),
    text(record.value ?? null),
    number(headers.length),
    ...headers.flat().map(text),
  ]);
  return Buffer.concat([number(body.length), body]);
}

/** Zigzag, of so many bytes at the least: more than are needed end with zeros. */
function varint(value: number, leastBytes = 1): Buffer {
  let rest = BigInt(value) * 2n;
  if (value < 0) rest = -rest - 1n;
  const bytes: number[] = [];
  for (; rest > 127n || bytes.length + 1 < leastBytes; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
