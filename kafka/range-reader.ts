import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { leaderFailed, protocolFailure } from './failure.ts';
import { type AbortedTransaction, type FetchedPartition, fetchPartition } from './fetch.ts';
import type { OffsetRange } from './offset-range.ts';
import { NONE, OFFSET_OUT_OF_RANGE } from './protocol.ts';
import { type RawRecord, type RecordBatch, recordBatches } from './record-batch.ts';
import { abortable, Retry } from './retry.ts';

/** Bytes asked for in one fetch; a single larger record batch still arrives whole. */
export const FETCH_MAX_BYTES = 8 * 1024 ** 2;
/** How long a range may make no progress before Kafka counts as unreachable. */
export const READ_RETRY_LIMIT_MS = 60_000;

/** What one fetch brought of a range. */
export interface RecordChunk {
  readonly partition: number;
  /** The first offset that is not covered yet; it moves over gaps, markers and aborted transactions. */
  readonly nextOffset: bigint;
  readonly sizeBytes: number;
  /** Visits the committed records inside the range. May be done again: it decodes again. */
  forEachRecord(visit: (record: RawRecord) => void): void;
}

/**
 * Reads exactly one range of a partition, in order, by topic id.
 * @throws SluiceError OFFSET_EXPIRED, OFFSETS_MOVED_BACK, TOPIC_RECREATED, RECORD_BATCH_CORRUPT, KAFKA_UNREACHABLE,
 * KAFKA_AUTHENTICATION; the signal's reason where it is aborted
 */
export async function* readRange(
  cluster: KafkaCluster,
  topicId: string,
  range: OffsetRange,
  options: { readonly signal: AbortSignal; readonly fetchMaxBytes?: number },
): AsyncGenerator<RecordChunk> {
  const retry = new Retry(READ_RETRY_LIMIT_MS, options.signal);
  const doing = `Reading partition ${range.partition} from offset ${range.startOffset} to ${range.endOffset}`;
  let offset = range.startOffset;
  let leader: number | undefined;
  while (offset < range.endOffset) {
    leader ??= await findLeader(cluster, topicId, range.partition, options.signal);
    let fetched: FetchedPartition;
    try {
      const connection = await abortable(cluster.readingConnection(leader), options.signal);
      const request = {
        topicId,
        partition: range.partition,
        offset,
        maxBytes: options.fetchMaxBytes ?? FETCH_MAX_BYTES,
      };
      fetched = await abortable(fetchPartition(connection, request), options.signal);
    } catch (thrown) {
      options.signal.throwIfAborted();
      await retry.after(leaderFailed(doing, cluster.addressOf(leader), thrown));
      leader = undefined;
      continue;
    }
    if (fetched.errorCode === OFFSET_OUT_OF_RANGE) throw outOfRange(range, offset, fetched);
    if (fetched.errorCode !== NONE) {
      await retry.after(protocolFailure(doing, fetched.errorCode));
      leader = undefined;
      continue;
    }
    const chunk = chunkOf(range, offset, fetched);
    if (chunk.nextOffset === offset) {
      await retry.after(protocolFailure(doing, NONE));
      continue;
    }
    retry.progressed();
    offset = chunk.nextOffset;
    yield chunk;
  }
}

async function findLeader(
  cluster: KafkaCluster,
  topicId: string,
  partition: number,
  signal: AbortSignal,
): Promise<number> {
  const topic = await cluster.describeTopicById(topicId, { signal });
  if (topic === undefined) {
    throw new SluiceError('TOPIC_RECREATED', `The topic with id ${topicId} is gone: it was deleted, or made anew.`, {
      remedy: 'Decide whether to go on with the new topic; nothing of the old one is read any more.',
      details: { topicId },
    });
  }
  return topic.partitions.find((candidate) => candidate.partition === partition)?.leader ?? -1;
}

function chunkOf(range: OffsetRange, offset: bigint, fetched: FetchedPartition): RecordChunk {
  const batches = recordBatches(fetched.bytes);
  const last = batches.at(-1);
  // Nothing there although the range is stable: what was left of it has been compacted away.
  const emptyTail = last === undefined && fetched.bytes.length === 0 && fetched.lastStableOffset >= range.endOffset;
  const nextOffset = last === undefined ? (emptyTail ? range.endOffset : offset) : BigInt(last.lastOffset + 1);
  const start = Number(offset);
  const end = Number(range.endOffset);
  const committed = withoutAborted(batches, fetched.aborted);
  return {
    partition: range.partition,
    nextOffset,
    sizeBytes: fetched.bytes.length,
    forEachRecord(visit) {
      for (const batch of committed) {
        if (batch.baseOffset >= end) return;
        batch.forEachRecord((record) => {
          if (record.offset >= start && record.offset < end) visit(record);
        });
      }
    },
  };
}

/** The batches of records that a reader of committed data sees (KIP-98, "read_committed"). */
function withoutAborted(batches: readonly RecordBatch[], aborted: readonly AbortedTransaction[]): RecordBatch[] {
  const pending = [...aborted].sort((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborting = new Set<bigint>();
  return batches.filter((batch) => {
    while (pending[0] !== undefined && pending[0].firstOffset <= BigInt(batch.lastOffset)) {
      aborting.add(pending[0].producerId);
      pending.shift();
    }
    if (batch.isControl) {
      if (batch.isAbortMarker) aborting.delete(batch.producerId);
      return false;
    }
    return !(batch.isTransactional && aborting.has(batch.producerId));
  });
}

function outOfRange(range: OffsetRange, offset: bigint, fetched: FetchedPartition): SluiceError {
  const details = { partition: range.partition, offset: String(offset), earliest: String(fetched.logStartOffset) };
  if (fetched.logStartOffset > offset) {
    return new SluiceError(
      'OFFSET_EXPIRED',
      `Offsets ${offset} to ${fetched.logStartOffset} of partition ${range.partition} expired in Kafka before they were read.`,
      { remedy: 'An operator must decide to go on without them.', details },
    );
  }
  return new SluiceError(
    'OFFSETS_MOVED_BACK',
    `Partition ${range.partition} does not reach offset ${offset} any more: records were lost in Kafka.`,
    { remedy: 'Find out what happened to the topic before ingestion goes on.', details },
  );
}
