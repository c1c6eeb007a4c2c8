import { createAPI, fetchV13, type Connection, type Reader } from './library.ts';
import { FETCH_VERSION } from './broker-connections.ts';
import { freeBytes } from './free-bytes.ts';
import type { AbortedTransaction } from './transactions.ts';

export interface FetchRequest {
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: bigint;
  /** Bytes of record batches to answer with; a first batch that is larger comes all the same. */
  readonly maxBytes: number;
}

/** What a broker answered for the one partition asked for. */
export interface FetchedPartition {
  readonly errorCode: number;
  /** False where the broker throttles this client: such an answer says nothing about the partition. */
  readonly isAnswered: boolean;
  /** How long the broker will not answer, since this client is above its quota; 0 where it is not. */
  readonly throttleMs: number;
  readonly lastStableOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** The replica to read from instead, where the brokers' replica selector says so; else -1. */
  readonly preferredReplica: number;
  /** Record batches as they came, the last one possibly cut off. To be given back by `freeBytes`. */
  readonly bytes: Buffer;
}

/** How long a broker may hold an answer back while it has nothing to give. */
const MAX_WAIT_MS = 500;
const MIN_BYTES = 1;
const READ_COMMITTED = 1;
const NO_SESSION = 0;
const NO_SESSION_EPOCH = -1;
const FETCH_API_KEY = 1;
const NO_RACK = '';

/** The library's request with a parser of ours, for the library's own decodes every record into objects. */
const rawFetch = createAPI<Parameters<typeof fetchV13.createRequest>, FetchedPartition>(
  FETCH_API_KEY,
  FETCH_VERSION,
  fetchV13.createRequest,
  parseResponse,
);

/** One Fetch of one partition by topic id (https://kafka.apache.org/protocol#The_Messages_Fetch), records undecoded. */
export async function fetchPartition(connection: Connection, request: FetchRequest): Promise<FetchedPartition> {
  const partition = {
    partition: request.partition,
    currentLeaderEpoch: request.leaderEpoch,
    fetchOffset: request.offset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: request.maxBytes,
  };
  const topics = [{ topicId: request.topicId, partitions: [partition] }];
  return rawFetch.async(
    connection,
    MAX_WAIT_MS,
    MIN_BYTES,
    request.maxBytes,
    READ_COMMITTED,
    NO_SESSION,
    NO_SESSION_EPOCH,
    topics,
    [],
    NO_RACK,
  );
}

/** What a broker that throttles us for so long answers. */
export function throttledAnswer(throttleMs: number): FetchedPartition {
  return { ...NO_ANSWER, throttleMs, isAnswered: false };
}

type PartitionAnswer = Omit<FetchedPartition, 'isAnswered' | 'throttleMs'>;

function parseResponse(_correlationId: number, _apiKey: number, _version: number, reader: Reader): FetchedPartition {
  const throttleMs = reader.readInt32();
  const errorCode = reader.readInt16();
  reader.readInt32(); // session id
  const topics = reader.readArray((topic) => {
    topic.readUUID();
    return topic.readArray(parsePartition);
  });
  const answer = topics[0]?.[0];
  if (answer) return { ...answer, throttleMs, isAnswered: true };
  return { ...throttledAnswer(throttleMs), errorCode };
}

function parsePartition(reader: Reader): PartitionAnswer {
  reader.readInt32(); // partition
  const errorCode = reader.readInt16();
  reader.readInt64(); // high watermark
  const lastStableOffset = reader.readInt64();
  reader.readInt64(); // log start offset
  const aborted = reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })) ?? [];
  const preferredReplica = reader.readInt32();
  const sizeBytes = Math.max(0, reader.readUnsignedVarInt() - 1);
  const { buffers: received, buffer: bytes } = reader.buffer.subarray(reader.position, reader.position + sizeBytes);
  reader.skip(sizeBytes);
  // What they held has been copied into one; the connection drops them once this has returned.
  if (received.length > 1) queueMicrotask(() => received.forEach(freeBytes));
  return { errorCode, lastStableOffset, aborted, preferredReplica, bytes };
}

const NO_ANSWER = {
  errorCode: 0,
  lastStableOffset: -1n,
  aborted: [],
  preferredReplica: -1,
  bytes: Buffer.alloc(0),
} satisfies PartitionAnswer;
