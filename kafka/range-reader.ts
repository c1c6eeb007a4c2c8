import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { leaderFailed, protocolFailure } from './failure.ts';
import type { FetchedPartition } from './fetch.ts';
import { freeBytes } from './free-bytes.ts';
import { describeRange, type OffsetRange } from './offset-range.ts';
import { NONE, OFFSET_OUT_OF_RANGE } from './protocol.ts';
import { offsetsMovedBack, offsetsExpired, topicGone } from './range-failure.ts';
import { readRecordBatches, type FetchedBatches } from './record-batch.ts';
import { RecordChunk } from './record-chunk.ts';
import { Retry } from './retry.ts';
import { committedBatches } from './transactions.ts';

export { RecordChunk } from './record-chunk.ts';

/** Bytes asked for in one fetch; a single larger record batch still arrives whole. */
export const FETCH_MAX_BYTES = 8 * 1024 * 1024;

/** How long a range may make no progress before Kafka counts as unreachable. */
export const READ_RETRY_LIMIT_MS = 60_000;

/** Empty answers in a row, each saying that the range is stable, before the rest of it counts as a gap. */
const GAP_ANSWERS = 2;

/** Answers in a row, from leaders looked up anew, that an offset is out of range, before records count as lost. */
const OUT_OF_RANGE_ANSWERS = 2;

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** @default FETCH_MAX_BYTES */
  readonly fetchMaxBytes?: number;
  /** What one compressed record batch may expand to. @default MAX_DECOMPRESSED_BYTES of compression.ts */
  readonly maxDecompressedBytes?: number;
  /** How long to go on without progress. @default READ_RETRY_LIMIT_MS */
  readonly retryLimitMs?: number;
}

/**
 * Reads exactly one range of a partition, in order, by topic id, committed records only. The last chunk's `nextOffset`
 * is the range's end. Goes on when the partition's leader moves; never resets to another offset.
 * @throws SluiceError OFFSET_EXPIRED, OFFSETS_MOVED_BACK, TOPIC_RECREATED, TOPIC_UNKNOWN, RECORD_BATCH_CORRUPT,
 * KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION, KAFKA_PROTOCOL; the signal's reason when aborted. What a visitor of a chunk
 * throws, and RECORD_TOO_LARGE, come from the chunk.
 */
export async function* readRange(
  cluster: KafkaCluster,
  topicId: string,
  range: OffsetRange,
  options: ReadOptions,
): AsyncGenerator<RecordChunk, void, undefined> {
  const reader = new RangeReader(cluster, topicId, range, options);
  while (reader.offset < range.endOffset) {
    const chunk = await reader.step();
    if (chunk) yield chunk;
  }
}

class RangeReader {
  readonly #cluster: KafkaCluster;
  readonly #topicId: string;
  readonly #range: OffsetRange;
  readonly #options: ReadOptions;
  readonly #retry: Retry;
  readonly #doing: string;
  /** The next offset to ask for. */
  offset: bigint;
  #gapAnswers = 0;
  #outOfRangeAnswers = 0;

  constructor(cluster: KafkaCluster, topicId: string, range: OffsetRange, options: ReadOptions) {
    this.#cluster = cluster;
    this.#topicId = topicId;
    this.#range = range;
    this.#options = options;
    this.#retry = new Retry(options.retryLimitMs ?? READ_RETRY_LIMIT_MS, options.signal);
    this.#doing = `Reading ${describeRange(range)} of ${cluster.nameOf(topicId)}`;
    this.offset = range.startOffset;
  }

  /** One fetch: a chunk, or nothing where it got nowhere and another try is due. */
  async step(): Promise<RecordChunk | undefined> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    let throttleMs = 0;
    try {
      const fetched = await this.#fetch();
      if (fetched.errorCode === OFFSET_OUT_OF_RANGE) throw await this.#outOfRange();
      if (fetched.errorCode !== NONE) throw protocolFailure(this.#doing, fetched.errorCode);
      if (!fetched.isAnswered) ({ throttleMs } = fetched);
      const chunk = this.#take(fetched);
      if (chunk !== undefined) {
        this.#progressed(chunk);
        return chunk;
      }
      if (throttleMs === 0) throw this.#without(fetched);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof SluiceError) || thrown.code !== 'KAFKA_UNREACHABLE') throw thrown;
      this.#cluster.forgetLeaders(this.#topicId);
      await this.#retry.after(thrown);
      return undefined;
    }
    await this.#waitForQuota(throttleMs);
    return undefined;
  }

  /** The leader is where it was: it only gives no more for now. */
  async #waitForQuota(throttleMs: number): Promise<void> {
    const why = `the brokers throttle this client, and answer again in ${(throttleMs / 1000).toFixed(1)} s`;
    const failure = new SluiceError('KAFKA_UNREACHABLE', `${this.#doing}: ${why}.`, {
      remedy:
        'Raise consumer_byte_rate of the client or user in the brokers, or find out what else reads with that quota.',
    });
    await this.#retry.after(failure, throttleMs);
  }

  #progressed(chunk: RecordChunk): void {
    this.#gapAnswers = 0;
    this.#outOfRangeAnswers = 0;
    this.#retry.progressed();
    this.offset = chunk.nextOffset;
  }

  async #fetch(): Promise<FetchedPartition> {
    const { signal, fetchMaxBytes: maxBytes = FETCH_MAX_BYTES } = this.#options;
    const { partition } = this.#range;
    const leader = await this.#cluster.leaderOf(this.#topicId, partition, { signal });
    if (leader === undefined) throw await topicGone(this.#cluster, this.#topicId, this.#doing, signal);
    try {
      const { leaderEpoch } = leader;
      const request = { topicId: this.#topicId, partition, leaderEpoch, offset: this.offset, maxBytes };
      return await this.#cluster.fetch(leader.leader, request, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      throw leaderFailed(this.#doing, this.#cluster.addressOf(leader.leader), thrown);
    }
  }

  /** What an answer brings; nothing where it doesn't move the offset. */
  #take(fetched: FetchedPartition): RecordChunk | undefined {
    const { endOffset } = this.#range;
    const { bytes, nextOffset, sizeBytes, batches } = whatIsKept(fetched.bytes, endOffset);
    if (nextOffset !== undefined && nextOffset > this.offset) {
      const wanted = committedBatches(batches, fetched.aborted).filter(({ lastOffset }) => lastOffset >= this.offset);
      const covered = { nextOffset: nextOffset < endOffset ? nextOffset : endOffset, sizeBytes };
      return this.#chunk(wanted, covered, bytes);
    }
    // Nothing is there although the range is stable: what is left of it has been compacted away. Asked twice, since
    // the offset is given up for good.
    const isGap = fetched.isAnswered && fetched.bytes.length === 0 && fetched.preferredReplica < 0;
    if (!isGap || fetched.lastStableOffset < endOffset || ++this.#gapAnswers < GAP_ANSWERS) return undefined;
    return this.#chunk([], { nextOffset: endOffset, sizeBytes: 0 }, bytes);
  }

  #chunk(
    batches: RecordChunk['batches'],
    covered: { nextOffset: bigint; sizeBytes: number },
    bytes: Buffer,
  ): RecordChunk {
    const { maxDecompressedBytes } = this.#options;
    return new RecordChunk(this.#range, batches, covered, { maxDecompressedBytes, bytes });
  }

  /** Why an answer without an error brings nothing. */
  #without(fetched: FetchedPartition): SluiceError {
    if (fetched.preferredReplica >= 0) {
      return new SluiceError('KAFKA_PROTOCOL', `${this.#doing}: the brokers want it read from a follower.`, {
        remedy: "Set the brokers' replica.selector.class to one that keeps clients without a rack at the leader.",
      });
    }
    const isUnstable = fetched.isAnswered && fetched.lastStableOffset < this.#range.endOffset;
    const why = isUnstable
      ? `only offsets below ${String(fetched.lastStableOffset)} are stable there`
      : 'the broker answers without records';
    return new SluiceError('KAFKA_UNREACHABLE', `${this.#doing}: ${why}.`, {
      remedy: 'Check that the replicas of the partition are in sync.',
    });
  }

  /** Never resets: offsets that are gone are an operator's decision. */
  async #outOfRange(): Promise<SluiceError> {
    const { signal } = this.#options;
    this.#outOfRangeAnswers++;
    const topic = await this.#cluster.describeTopicById(this.#topicId, { signal });
    if (topic === undefined) return topicGone(this.#cluster, this.#topicId, this.#doing, signal);
    const offsets = (await this.#cluster.offsets(topic.topic, { signal })).get(this.#range.partition);
    if (offsets && offsets.earliest > this.offset) {
      return offsetsExpired(topic.topic, this.#range, this.offset, offsets.earliest);
    }
    if (this.#outOfRangeAnswers < OUT_OF_RANGE_ANSWERS) {
      return new SluiceError('KAFKA_UNREACHABLE', `${this.#doing}: offset ${String(this.offset)} is out of range.`);
    }
    return offsetsMovedBack(topic.topic, this.#range, this.offset, offsets?.lastStable ?? -1n);
  }
}

/** The batches of the range. Where most of the bytes lie beyond it, the rest is copied, so as not to keep them all. */
function whatIsKept(bytes: Buffer, endOffset: bigint): FetchedBatches & { readonly bytes: Buffer } {
  const fetched = readRecordBatches(bytes, endOffset);
  if (fetched.sizeBytes * 2 >= bytes.length) return { ...fetched, bytes };
  const kept = Buffer.from(bytes.subarray(0, fetched.sizeBytes));
  freeBytes(bytes);
  return { ...fetched, batches: readRecordBatches(kept, endOffset).batches, bytes: kept };
}
