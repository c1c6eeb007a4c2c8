import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchRecords } from './batch-records.ts';
import type { KafkaCluster } from './cluster.ts';
import { LineBuffer } from './line-buffer.ts';
import type { OffsetRange } from './offset-range.ts';
import { offerRecords, type RecordTaker } from './record-taker.ts';
import { readRange, type ReadOptions } from './range-reader.ts';
import type { RecordBatch } from './record-batch.ts';
import type { RawRecord, RecordVisitor } from './record.ts';
import type { ReadBudget } from './read-budget.ts';

/** A file ends with the record batch that takes it past this size, odd records counted. */
export const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;

const FIRST_CAPACITY_BYTES = 1024 * 1024;

/** A record by itself, copied out of the fetched bytes. */
export interface CopiedRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970 UTC. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** What was read at a time: records in groups, of which each is admitted to a budget or not. */
export interface SpooledChunk {
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly batches: readonly SpooledGroup[];
  forEachRecordOf(group: SpooledGroup, visit: RecordVisitor): void;
  /** The group's records as they lie in its record batch, where they do. */
  recordsOf?(group: SpooledGroup): BatchRecords;
  /** Called where no segment refers to it. */
  free(): void;
}

export type SpooledGroup = Pick<RecordBatch, 'baseOffset'> & { readonly data: { readonly length: number } };

/** A part of a range as a file of NDJSON lines; the fetched bytes stay in memory for as long as this object. */
export interface SpoolSegment {
  readonly partition: number;
  /** The file; it exists even where every record is odd. */
  readonly path: string;
  /** Lines in the file. */
  readonly rowCount: number;
  /** Offsets of the first and the last record, odd ones included. */
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  /** Bytes of the record batches as fetched, and of the odd records' copies. */
  readonly sizeBytes: number;
  /** Records that can't be a line: no value, not the text of an object, too long, or with a line break inside. In order. */
  readonly odd: readonly CopiedRecord[];
  /** Visits every record of the segment in order, odd ones included but not those taken, with its original bytes; decodes again. */
  records(visit: (record: CopiedRecord) => void): void;
}

export interface SpoolOptions extends ReadOptions {
  /** An existing folder; the files in it are `p<partition>-<n>.ndjson`, with `name` before the number where it is given. */
  readonly folder: string;
  /** Tells several ranges of one partition apart. */
  readonly name?: string;
  /** @default SEGMENT_MAX_BYTES */
  readonly segmentMaxBytes?: number;
  /** What all ranges of a batch may bring together. Reading ends with the record batch that does not fit any more. */
  readonly budget?: ReadBudget;
  /** Records with a longer value are odd. @default no limit */
  readonly maxRecordBytes?: number;
  /** Sees each record first; what it takes is in no segment. */
  readonly taker?: RecordTaker;
}

export interface SpooledRange {
  readonly segments: readonly SpoolSegment[];
  /** How far the range was read: its end, unless the budget was exceeded. */
  readonly reached: bigint;
}

/**
 * Reads one range into NDJSON files for an engine, one or more for each fetch; see LineBuffer for what a line is.
 * @throws SluiceError as `readRange` does, and RECORD_TOO_LARGE.
 */
export async function spoolRange(
  cluster: KafkaCluster,
  topicId: string,
  range: OffsetRange,
  options: SpoolOptions,
): Promise<SpooledRange> {
  return spoolChunks(readRange(cluster, topicId, range, options), range, options);
}

/** The same for a range that is read from elsewhere. */
export async function spoolChunks(
  chunks: AsyncIterable<SpooledChunk>,
  range: OffsetRange,
  options: SpoolOptions,
): Promise<SpooledRange> {
  const spool = new Spool(options);
  let reached = range.startOffset;
  for await (const chunk of chunks) {
    const refused = await spool.add(chunk);
    reached = refused ?? chunk.nextOffset;
    if (options.budget?.isExceeded === true) break;
  }
  return { segments: spool.segments, reached: reached > range.startOffset ? reached : range.startOffset };
}

/** Splits chunks of one range into segments. */
export class Spool {
  readonly segments: SpoolSegment[] = [];
  readonly #folder: string;
  readonly #name: string;
  readonly #segmentMaxBytes: number;
  readonly #budget: ReadBudget | undefined;
  readonly #taker: RecordTaker;
  readonly #lines: LineBuffer;

  constructor(
    options: Pick<SpoolOptions, 'folder' | 'name' | 'segmentMaxBytes' | 'budget' | 'maxRecordBytes' | 'taker'>,
  ) {
    this.#folder = options.folder;
    this.#name = options.name === undefined ? '' : `-${options.name}`;
    this.#segmentMaxBytes = options.segmentMaxBytes ?? SEGMENT_MAX_BYTES;
    this.#budget = options.budget;
    this.#taker = options.taker ?? TAKES_NONE;
    this.#lines = new LineBuffer(FIRST_CAPACITY_BYTES, options.maxRecordBytes);
  }

  /** @returns the first offset of the record batch that the budget does not admit; undefined where all are taken */
  async add(chunk: SpooledChunk): Promise<bigint | undefined> {
    const before = this.segments.length;
    let draft = new Draft();
    for (const batch of chunk.batches) {
      const { oddBytes, visited } = draft;
      draft.visited += offerRecords(this.#taker, chunk, batch, (record, place) => {
        draft.append(record, visited + place, this.#lines);
      });
      if (this.#budget?.admits(batch.data.length + draft.oddBytes - oddBytes) === false) return batch.baseOffset;
      draft.batches.push(batch);
      if (this.#lines.sizeBytes + draft.oddBytes < this.#segmentMaxBytes) continue;
      await this.#write(chunk, draft);
      draft = new Draft();
    }
    await this.#write(chunk, draft);
    if (this.segments.length === before) chunk.free();
    return undefined;
  }

  async #write(chunk: SpooledChunk, draft: Draft): Promise<void> {
    const { bytes, rowCount } = this.#lines;
    if (rowCount === 0 && draft.odd.length === 0) return;
    const path = join(this.#folder, `p${chunk.partition}${this.#name}-${this.segments.length}.ndjson`);
    await writeFile(path, bytes);
    this.#lines.clear();
    const { batches, odd, places } = draft;
    this.segments.push({
      partition: chunk.partition,
      path,
      rowCount,
      firstOffset: draft.firstOffset,
      lastOffset: draft.lastOffset,
      sizeBytes: batches.reduce((total, batch) => total + batch.data.length, 0) + draft.oddBytes,
      odd,
      records: (visit) => {
        let [visited, next] = [0, 0];
        for (const batch of batches) {
          chunk.forEachRecordOf(batch, (record) => {
            if (visited++ !== places[next]) return;
            next++;
            visit(copyOf(record));
          });
        }
      },
    });
  }
}

const TAKES_NONE: RecordTaker = { take: () => false };

/** A segment in the making. */
class Draft {
  readonly batches: SpooledGroup[] = [];
  readonly odd: CopiedRecord[] = [];
  oddBytes = 0;
  /** Records of the batches so far, those taken included. */
  visited = 0;
  /** Of the segment's own records, as which of the visited they came. */
  readonly places: number[] = [];
  #first: { baseOffset: bigint; delta: number } | undefined;
  #lastBaseOffset = 0n;
  #lastDelta = 0;

  get firstOffset(): bigint {
    return this.#first === undefined ? -1n : this.#first.baseOffset + BigInt(this.#first.delta);
  }

  get lastOffset(): bigint {
    return this.#lastBaseOffset + BigInt(this.#lastDelta);
  }

  /** @param place as which of the visited it came */
  append(record: RawRecord, place: number, lines: LineBuffer): void {
    this.#first ??= { baseOffset: record.baseOffset, delta: record.offsetDelta };
    this.#lastBaseOffset = record.baseOffset;
    this.#lastDelta = record.offsetDelta;
    this.places.push(place);
    if (lines.append(record)) return;
    this.odd.push(copyOf(record));
    this.oddBytes += record.sizeBytes;
  }
}

function copyOf(record: RawRecord): CopiedRecord {
  return {
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.copyKey(),
    value: record.copyValue(),
  };
}
