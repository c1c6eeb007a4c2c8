import type { BatchRecords } from './batch-records.ts';
import { freeBytes } from './free-bytes.ts';
import type { OffsetRange } from './offset-range.ts';
import { forEachRecordOf, recordsOf, type DecodeOptions, type RecordBatch } from './record-batch.ts';
import type { RecordVisitor } from './record.ts';

export interface ChunkOptions {
  /** What one compressed record batch may expand to. @default MAX_DECOMPRESSED_BYTES of compression.ts */
  readonly maxDecompressedBytes?: number | undefined;
  /** The memory that the batches lie in. */
  readonly bytes?: Buffer;
}

/**
 * What one fetch brought of a range: its committed record batches, still compressed. Visiting decodes them anew each
 * time, so a chunk takes no more memory than its fetched bytes: until it is freed.
 */
export class RecordChunk {
  readonly partition: number;
  /** The first offset that is not covered yet; it moves over gaps, control records and aborted transactions. */
  readonly nextOffset: bigint;
  /** Bytes as fetched, those of batches that don't count included. */
  readonly sizeBytes: number;
  /** The batches that hold committed records of the range, in order. */
  readonly batches: readonly RecordBatch[];
  readonly #range: OffsetRange;
  readonly #maxDecompressedBytes: number | undefined;
  readonly #bytes: Buffer | undefined;
  #rowCount: number | undefined;
  #isFree = false;

  constructor(
    range: OffsetRange,
    batches: readonly RecordBatch[],
    covered: { nextOffset: bigint; sizeBytes: number },
    { maxDecompressedBytes, bytes }: ChunkOptions = {},
  ) {
    this.partition = range.partition;
    this.nextOffset = covered.nextOffset;
    this.sizeBytes = covered.sizeBytes;
    this.batches = batches;
    this.#range = range;
    this.#maxDecompressedBytes = maxDecompressedBytes;
    this.#bytes = bytes;
  }

  /** Committed records inside the range. Only a batch that lies across an end of the range is decoded for it. */
  get rowCount(): number {
    this.#rowCount ??= this.batches.reduce((rows, batch) => rows + this.#rowsOf(batch), 0);
    return this.#rowCount;
  }

  /** Visits the committed records inside the range, in order, as one object that is reused. May be called again. */
  forEachRecord(visit: RecordVisitor): void {
    for (const batch of this.batches) this.forEachRecordOf(batch, visit);
  }

  /** The same for one of the chunk's batches. */
  forEachRecordOf(batch: RecordBatch, visit: RecordVisitor): void {
    forEachRecordOf(batch, this.#decodeOptions(), visit);
  }

  /** The records inside the range of one of the chunk's batches, for who reads several at a time. */
  recordsOf(batch: RecordBatch): BatchRecords {
    return recordsOf(batch, this.#decodeOptions());
  }

  /** Gives its memory back at once; nothing that was visited may be used any more, unless it was copied. */
  free(): void {
    this.#isFree = true;
    if (this.#bytes !== undefined) freeBytes(this.#bytes);
  }

  #decodeOptions(): DecodeOptions {
    if (this.#isFree) throw new Error('The records of a chunk were asked for after its bytes had been freed.');
    const { startOffset, endOffset } = this.#range;
    return { startOffset, endOffset, maxDecompressedBytes: this.#maxDecompressedBytes };
  }

  #rowsOf(batch: RecordBatch): number {
    const { startOffset, endOffset } = this.#range;
    if (batch.baseOffset >= startOffset && batch.lastOffset < endOffset) return batch.recordCount;
    let rows = 0;
    this.forEachRecordOf(batch, () => rows++);
    return rows;
  }
}
