import type { OffsetRange } from './offset-range.ts';
import { RawRecord } from './record.ts';
import type { CopiedRecord, SpooledChunk, SpooledGroup } from './spool.ts';

/** Records of a topic that are held elsewhere than in Kafka: those of one range, in order, so many at a time. */
export type HeldRecords = (range: OffsetRange) => AsyncIterable<readonly CopiedRecord[]>;

/** Reads a range of held records as if a broker had sent it. */
export async function* readHeld(
  held: HeldRecords,
  range: OffsetRange,
  signal: AbortSignal,
): AsyncGenerator<SpooledChunk, void, undefined> {
  for await (const records of held(range)) {
    signal.throwIfAborted();
    if (records.length > 0) yield new HeldChunk(range.partition, records);
  }
}

class HeldChunk implements SpooledChunk {
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly batches: readonly SpooledGroup[];
  readonly #records: readonly CopiedRecord[];

  constructor(partition: number, records: readonly CopiedRecord[]) {
    this.partition = partition;
    this.#records = records;
    this.nextOffset = (records.at(-1)?.offset ?? -1n) + 1n;
    const length = records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0);
    this.batches = [{ baseOffset: records[0]?.offset ?? 0n, data: { length } }];
  }

  forEachRecordOf({ baseOffset }: SpooledGroup, visit: (record: RawRecord) => void): void {
    const record = new RawRecord(baseOffset);
    for (const { offset, timestampMs, key, value } of this.#records) {
      const keyLength = key?.length ?? 0;
      record.offsetDelta = Number(offset - baseOffset);
      record.timestampMs = timestampMs;
      record.buffer = Buffer.concat([key ?? EMPTY, value ?? EMPTY]);
      record.keyStart = key === null ? -1 : 0;
      record.keyEnd = key === null ? -1 : keyLength;
      record.valueStart = value === null ? -1 : keyLength;
      record.valueEnd = value === null ? -1 : record.buffer.length;
      visit(record);
    }
  }

  /** Its records are somebody else's. */
  free(): void {}
}

const EMPTY = Buffer.alloc(0);
