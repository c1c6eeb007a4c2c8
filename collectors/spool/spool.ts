import { mkdirSync } from 'node:fs';
import type { Outgoing } from '../record.ts';
import { readCursor, removeCursor, writeCursor, type Cursor, type PlannedShipment } from './cursor.ts';
import { countLines, linesOf, NEWLINE, recordsOf } from './lines.ts';
import { Segment } from './segment.ts';

/** Most bytes of one segment; a small limit makes them smaller, so that dropping one is not dropping all. */
export const SEGMENT_MAX_BYTES = 8 * 1024 ** 2;
const SEGMENTS_AT_LIMIT = 16;

/** What was read from the spool, in order, and the position after it. */
export interface SpooledRecords {
  readonly records: readonly Outgoing[];
  readonly end: number;
  /** Lines that hold no record: the disk damaged them. They are passed over. */
  readonly damaged: number;
  /** How exactly these records were being sent when an earlier process ended. */
  readonly planned: PlannedShipment | undefined;
}

/**
 * Records waiting on disk, first in, first out, within a limit: NDJSON segments named by position, and a cursor.
 * What `append` returned from survives the death of the process (not of the machine: nothing is forced to the disk).
 * Methods throw the file system's own errors. One process at a time may use a folder.
 */
export class Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentMaxBytes: number;
  readonly #segments: Segment[];
  #position: number;
  #end: number;
  #records: number;
  /** Up to here records are in the sender's hand too: dropping their segment does not lose them. */
  #inHandEnd = 0;
  #planned: Cursor['planned'];

  /** Opens the spool in this folder, with what an earlier process left in it. */
  constructor(folder: string, maxBytes: number) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segmentMaxBytes = Math.min(SEGMENT_MAX_BYTES, Math.ceil(maxBytes / SEGMENTS_AT_LIMIT));
    this.#segments = Segment.in(folder);
    const cursor = readCursor(folder);
    this.#end = Math.max(cursor?.position ?? 0, this.#segments.at(-1)?.end ?? 0);
    this.#position = Math.max(cursor?.position ?? 0, this.#segments[0]?.base ?? 0);
    this.#planned = this.#position === cursor?.position ? cursor.planned : undefined;
    this.#removeSent();
    this.#records = this.#segments.reduce(
      (sum, segment) => sum + countLines(segment.read(this.#position, this.#end)),
      0,
    );
  }

  /** Records not yet sent. */
  get records(): number {
    return this.#records;
  }

  /** Bytes of them. */
  get bytes(): number {
    return this.#end - this.#position;
  }

  /** The position after the last record. */
  get end(): number {
    return this.#end;
  }

  /** Appends records; returns how many older ones were lost to stay within the limit. */
  append(records: readonly Outgoing[]): number {
    let lost = 0;
    for (const { bytes, count } of linesOf(records, this.#segmentMaxBytes)) {
      while (this.#segments.length > 0 && this.#bytesOnDisk() + bytes.length > this.#maxBytes)
        lost += this.#dropOldest();
      this.#segmentFor(bytes.length).append(bytes);
      this.#end += bytes.length;
      this.#records += count;
    }
    return lost;
  }

  /** The oldest records, at most `maxBytes` of them but at least one; undefined where there are none. */
  next(maxBytes: number): SpooledRecords | undefined {
    if (this.bytes === 0) return undefined;
    const planned = this.#planned;
    const lines = planned ? this.#read(this.#position, planned.end) : this.#wholeLines(maxBytes);
    const { records, damaged } = recordsOf(lines);
    const end = this.#position + lines.length;
    return { records, damaged, end, planned: damaged === 0 && planned?.end === end ? planned : undefined };
  }

  /** Says that all records before `end` are being sent, and how: a later process then sends them in the very same way. */
  takeInHand(end: number, planned: PlannedShipment | undefined): void {
    this.#inHandEnd = end;
    if (planned) writeCursor(this.#folder, { position: this.#position, planned: { ...planned, end } });
  }

  /** Says that the `count` records before `end` have arrived: they are forgotten. */
  commit(end: number, count: number): void {
    if (this.#position < end) this.#records -= count;
    this.#position = Math.max(this.#position, end);
    this.#planned = undefined;
    this.#removeSent();
    if (this.#position < this.#end) {
      writeCursor(this.#folder, { position: this.#position, planned: undefined });
    } else {
      this.#records = 0;
      removeCursor(this.#folder);
    }
  }

  /** Returns how many records are lost by it. */
  #dropOldest(): number {
    const segment = this.#segments.shift();
    if (segment === undefined) return 0;
    this.#records -= countLines(segment.read(this.#position, segment.end));
    const lost = countLines(segment.read(Math.max(this.#position, this.#inHandEnd), segment.end));
    segment.remove();
    this.#position = Math.max(this.#position, segment.end);
    this.#planned = undefined;
    return lost;
  }

  #segmentFor(bytes: number): Segment {
    const last = this.#segments.at(-1);
    if (last && last.bytes + bytes <= this.#segmentMaxBytes) return last;
    const segment = new Segment(this.#folder, this.#end);
    this.#segments.push(segment);
    return segment;
  }

  #removeSent(): void {
    while (this.#segments[0] && this.#segments[0].end <= this.#position) this.#segments.shift()?.remove();
    this.#position = Math.max(this.#position, this.#segments[0]?.base ?? 0); // where somebody deleted a segment
  }

  #bytesOnDisk(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whole lines of the oldest segment: as many as fit into `maxBytes`, or the first one alone. */
  #wholeLines(maxBytes: number): Buffer {
    const end = this.#segments[0]?.end ?? this.#end;
    const start = this.#read(this.#position, Math.min(end, this.#position + maxBytes));
    const whole = start.lastIndexOf(NEWLINE) + 1;
    if (whole > 0) return start.subarray(0, whole);
    const all = this.#read(this.#position, end);
    return all.subarray(0, all.indexOf(NEWLINE) + 1 || all.length);
  }

  #read(from: number, end: number): Buffer {
    return Buffer.concat(this.#segments.map((segment) => segment.read(from, end)));
  }
}
