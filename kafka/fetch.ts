import { type Connection, createAPI, fetchV17, type Reader } from '@platformatic/kafka';

/** Aborted transactions within a response: a producer's records from `firstOffset` to its abort marker don't count. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** What a broker answered for the one partition asked for. */
export interface FetchedPartition {
  readonly errorCode: number;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches as they came, the last one possibly cut off. */
  readonly bytes: Buffer;
}

const MAX_WAIT_MS = 500;
const READ_COMMITTED = 1;
const NO_SESSION_EPOCH = -1;

const rawFetch = createAPI(1, 17, fetchV17.createRequest, parseResponse);

/** Fetch v17 (KIP-516: by topic id) of one partition, leaving the records undecoded. */
export async function fetchPartition(
  connection: Connection,
  request: { topicId: string; partition: number; offset: bigint; maxBytes: number },
): Promise<FetchedPartition> {
  const partition = {
    partition: request.partition,
    currentLeaderEpoch: -1,
    fetchOffset: request.offset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: request.maxBytes,
  };
  const topics = [{ topicId: request.topicId, partitions: [partition] }];
  return rawFetch.async(
    connection,
    MAX_WAIT_MS,
    1,
    request.maxBytes,
    READ_COMMITTED,
    0,
    NO_SESSION_EPOCH,
    topics,
    [],
    '',
  ) as Promise<FetchedPartition>;
}

function parseResponse(_correlationId: number, _apiKey: number, _apiVersion: number, reader: Reader): FetchedPartition {
  reader.readInt32(); // throttle time
  const errorCode = reader.readInt16();
  reader.readInt32(); // session id
  let partition: FetchedPartition = {
    errorCode,
    lastStableOffset: -1n,
    logStartOffset: -1n,
    aborted: [],
    bytes: Buffer.alloc(0),
  };
  reader.readArray((topic) => {
    topic.readUUID();
    topic.readArray(
      (asked) => {
        partition = parsePartition(asked);
      },
      true,
      false,
    );
  });
  return partition;
}

function parsePartition(reader: Reader): FetchedPartition {
  reader.readInt32(); // partition
  const errorCode = reader.readInt16();
  reader.readInt64(); // high watermark
  const lastStableOffset = reader.readInt64();
  const logStartOffset = reader.readInt64();
  const aborted = reader.readNullableArray((r) => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })) ?? [];
  reader.readInt32(); // preferred read replica
  const sizeBytes = Math.max(0, reader.readUnsignedVarInt() - 1);
  const bytes = reader.buffer.subarray(reader.position, reader.position + sizeBytes).buffer;
  reader.skip(sizeBytes);
  reader.readTaggedFields();
  return { errorCode, lastStableOffset, logStartOffset, aborted, bytes };
}
