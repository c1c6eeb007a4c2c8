import { listOffsetsV7, type Connection } from './library.ts';
import type { PartitionLeader } from './metadata.ts';
import { answered } from './protocol.ts';

export interface PartitionOffsets {
  /** The first offset that the partition still holds. */
  readonly earliest: bigint;
  /** One past the last offset that a reader of committed records may see; an open transaction holds it back. */
  readonly lastStable: bigint;
}

/** ListOffsets' two special timestamps. */
const EARLIEST = -2n;
const LATEST = -1n;

const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const CONSUMER = -1;

export interface OffsetAnswer<T = PartitionOffsets> {
  readonly partition: number;
  readonly errorCode: number;
  readonly offsets: T;
}

/**
 * Both offsets of partitions led by one broker. ListOffsets refuses a partition that is named twice in one request,
 * so there are two requests, sent together.
 */
export async function requestOffsets(
  connection: Connection,
  topic: string,
  partitions: readonly PartitionLeader[],
): Promise<OffsetAnswer[]> {
  const [earliest, latest] = await Promise.all([
    listOffsets(connection, topic, partitions, EARLIEST),
    listOffsets(connection, topic, partitions, LATEST),
  ]);
  return [...earliest].map(([partition, first]) => {
    const last = latest.get(partition) ?? first;
    return {
      partition,
      errorCode: first.errorCode || last.errorCode,
      offsets: { earliest: first.offset, lastStable: last.offset },
    };
  });
}

/** One past the last offset that is written, of partitions led by one broker: open transactions don't hold it back. */
export async function requestHighWatermarks(
  connection: Connection,
  topic: string,
  partitions: readonly PartitionLeader[],
): Promise<OffsetAnswer<bigint>[]> {
  const answers = await listOffsets(connection, topic, partitions, LATEST, READ_UNCOMMITTED);
  return [...answers].map(([partition, { errorCode, offset }]) => ({ partition, errorCode, offsets: offset }));
}

/** The first offset at or after a time, of partitions led by one broker. */
export async function requestOffsetsSince(
  connection: Connection,
  topic: string,
  partitions: readonly PartitionLeader[],
  timestampMs: number,
): Promise<OffsetAnswer<bigint | undefined>[]> {
  const answers = await listOffsets(connection, topic, partitions, BigInt(timestampMs));
  return [...answers].map(([partition, { errorCode, offset }]) => ({
    partition,
    errorCode,
    offsets: offset < 0n ? undefined : offset,
  }));
}

async function listOffsets(
  connection: Connection,
  topic: string,
  partitions: readonly PartitionLeader[],
  timestamp: bigint,
  isolation = READ_COMMITTED,
): Promise<Map<number, { errorCode: number; offset: bigint }>> {
  const asked = partitions.map(({ partition, leaderEpoch }) => ({
    partitionIndex: partition,
    currentLeaderEpoch: leaderEpoch,
    timestamp,
  }));
  const response = await answered(
    listOffsetsV7.api.async(connection, CONSUMER, isolation, [{ name: topic, partitions: asked }]),
  );
  return new Map((response.topics[0]?.partitions ?? []).map((answer) => [answer.partitionIndex, answer]));
}
