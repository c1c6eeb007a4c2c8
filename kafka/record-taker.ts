import type { BatchRecords } from './batch-records.ts';
import type { RawRecord, RecordVisitor } from './record.ts';
import type { SpooledChunk, SpooledGroup } from './spool.ts';

/** Takes records for itself by copying them, or leaves them to somebody else; asked about each once, in order. */
export interface RecordTaker {
  /** Takes a record; false where it leaves it. */
  take(record: RawRecord, partition: number): boolean;
  /** The same for all records of a batch, whose bytes it may read by itself: `leave` is called with those that it leaves. */
  takeBatch?(records: BatchRecords, partition: number, leave: RecordVisitor): void;
}

/**
 * Offers a group's records: at once where they lie in a record batch and the taker can read it, or else one by one.
 * @param leave is called with each record that is left, and as which of the group's it came
 * @returns how many records the group has
 */
export function offerRecords(
  taker: RecordTaker,
  chunk: SpooledChunk,
  group: SpooledGroup,
  leave: (record: RawRecord, place: number) => void,
): number {
  const records = taker.takeBatch && chunk.recordsOf?.(group);
  if (records !== undefined) {
    taker.takeBatch?.(records, chunk.partition, (record) => leave(record, records.wanted - 1));
    return records.wanted;
  }
  let place = 0;
  chunk.forEachRecordOf(group, (record) => {
    if (!taker.take(record, chunk.partition)) leave(record, place);
    place++;
  });
  return place;
}
