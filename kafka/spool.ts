import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KafkaCluster } from './cluster.ts';
import type { OffsetRange } from './offset-range.ts';
import { readRange, type RecordChunk } from './range-reader.ts';
import type { RawRecord } from './record-batch.ts';

/** A record by itself, copied out of the fetched bytes. */
export interface CopiedRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What one fetch brought, as a file of NDJSON lines; the fetched bytes stay in memory until the batch is done. */
export interface SpoolSegment {
  readonly partition: number;
  readonly path: string;
  /** Lines in the file. */
  readonly rowCount: number;
  /** Bytes as fetched. */
  readonly sizeBytes: number;
  /** Records that can't be a line: no value, no object, or with line breaks. */
  readonly odd: readonly CopiedRecord[];
  /** Every record of the segment again, odd ones included, with its original bytes. */
  records(visit: (record: CopiedRecord) => void): void;
}

/**
 * Reads a range into NDJSON files, one a fetch. A line is the record's own text with its origin put first:
 * `{"~o":<offset>,"~t":<timestamp in ms>,` and then what follows the record's `{`.
 */
export async function spoolRange(
  cluster: KafkaCluster,
  topicId: string,
  range: OffsetRange,
  options: { readonly folder: string; readonly signal: AbortSignal },
): Promise<SpoolSegment[]> {
  const segments: SpoolSegment[] = [];
  for await (const chunk of readRange(cluster, topicId, range, { signal: options.signal })) {
    const path = join(options.folder, `p${range.partition}-${segments.length}.ndjson`);
    const lines = new LineBuffer(chunk.sizeBytes);
    const odd: CopiedRecord[] = [];
    chunk.forEachRecord((record) => {
      if (!lines.append(record)) odd.push(copyOf(record));
    });
    await writeFile(path, lines.bytes());
    segments.push(segmentOf(chunk, path, lines.count, odd));
  }
  return segments;
}

function segmentOf(chunk: RecordChunk, path: string, rowCount: number, odd: readonly CopiedRecord[]): SpoolSegment {
  return {
    partition: chunk.partition,
    path,
    rowCount,
    sizeBytes: chunk.sizeBytes,
    odd,
    records(visit) {
      chunk.forEachRecord((record) => visit(copyOf(record)));
    },
  };
}

function copyOf(record: RawRecord): CopiedRecord {
  const { buffer, keyStart, keyEnd, valueStart, valueEnd } = record;
  return {
    offset: BigInt(record.offset),
    timestampMs: record.timestampMs,
    key: keyStart < 0 ? null : Buffer.from(buffer.subarray(keyStart, keyEnd)),
    value: valueStart < 0 ? null : Buffer.from(buffer.subarray(valueStart, valueEnd)),
  };
}

const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
/** Room for the origin of one line. */
const PREFIX_BYTES = 64;

/** Lines in one growing buffer: nothing is allocated for a record. */
export class LineBuffer {
  count = 0;
  #buffer: Buffer;
  #length = 0;

  constructor(sizeHintBytes: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(4096, sizeHintBytes * 2));
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Appends a record as a line; false, and nothing appended, where it can't be one. */
  append(record: RawRecord): boolean {
    const { buffer, valueEnd } = record;
    const open = record.valueStart < 0 ? -1 : skipBlank(buffer, record.valueStart, valueEnd);
    if (open < 0 || open >= valueEnd || buffer[open] !== OPEN_BRACE || hasLineBreak(buffer, open, valueEnd))
      return false;
    this.#reserve(valueEnd - open + PREFIX_BYTES);
    let at = this.#length;
    at += this.#buffer.write(`{"~o":${record.offset},"~t":${record.timestampMs}`, at, 'latin1');
    if (buffer[skipBlank(buffer, open + 1, valueEnd)] !== CLOSE_BRACE) this.#buffer[at++] = COMMA;
    at += buffer.copy(this.#buffer, at, open + 1, valueEnd);
    this.#buffer[at++] = NEW_LINE;
    this.#length = at;
    this.count += 1;
    return true;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

function skipBlank(buffer: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && (buffer[at] === SPACE || buffer[at] === TAB)) at += 1;
  return at;
}

function hasLineBreak(buffer: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) {
    if (buffer[at] === NEW_LINE || buffer[at] === CARRIAGE_RETURN) return true;
  }
  return false;
}
