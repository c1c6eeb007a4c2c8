import { forEachRecordOf, type RecordBatch } from './record-batch.ts';

/** A transaction that ended in an abort: its producer, and the first of its offsets in this partition. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** A control record's key is its version and its type; type 0 marks an abort. */
const MARKER_TYPE_AT = 2;
const ABORT_MARKER = 0;

/**
 * The batches whose records count: no markers, and nothing of aborted transactions. A producer's batches are dropped
 * from its aborted transaction's first offset until the marker that ends it, after which the same producer may commit.
 * The batches and the list must come from one answer to a fetch with isolation read_committed.
 */
export function committedBatches(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): RecordBatch[] {
  const upcoming = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  let next = 0;
  return batches.filter((batch) => {
    for (let entry = upcoming[next]; entry && entry.firstOffset <= batch.lastOffset; entry = upcoming[++next]) {
      aborting.add(entry.producerId);
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) aborting.delete(batch.producerId);
      return false;
    }
    return !(batch.isTransactional && aborting.has(batch.producerId));
  });
}

function isAbortMarker(batch: RecordBatch): boolean {
  let abort = false;
  forEachRecordOf(batch, {}, ({ buffer, keyStart, keyEnd }) => {
    abort = keyEnd - keyStart >= 4 && buffer.readInt16BE(keyStart + MARKER_TYPE_AT) === ABORT_MARKER;
  });
  return abort;
}
