import { protocolErrorsCodesById, ResponseError } from './library.ts';

/** Kafka's error codes that are acted on here, from the protocol's table (https://kafka.apache.org/protocol#protocol_error_codes). */
export const NONE = 0;
export const OFFSET_OUT_OF_RANGE = 1;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const LEADER_NOT_AVAILABLE = 5;
export const NOT_LEADER_OR_FOLLOWER = 6;
export const REQUEST_TIMED_OUT = 7;
export const REPLICA_NOT_AVAILABLE = 9;
export const INVALID_TOPIC = 17;
export const TOPIC_AUTHORIZATION_FAILED = 29;
export const CLUSTER_AUTHORIZATION_FAILED = 31;
export const TOPIC_ALREADY_EXISTS = 36;
export const INVALID_REPLICATION_FACTOR = 38;
export const NOT_CONTROLLER = 41;
export const KAFKA_STORAGE_ERROR = 56;
export const FENCED_LEADER_EPOCH = 74;
export const UNKNOWN_LEADER_EPOCH = 75;
export const OFFSET_NOT_AVAILABLE = 78;
export const UNKNOWN_TOPIC_ID = 100;
export const INCONSISTENT_TOPIC_ID = 103;

/** The leader has moved, or is about to: look it up again, and go on. */
const LEADER_MOVED = new Set([
  LEADER_NOT_AVAILABLE,
  NOT_LEADER_OR_FOLLOWER,
  REQUEST_TIMED_OUT,
  REPLICA_NOT_AVAILABLE,
  KAFKA_STORAGE_ERROR,
  FENCED_LEADER_EPOCH,
  UNKNOWN_LEADER_EPOCH,
  OFFSET_NOT_AVAILABLE,
]);

export function isLeaderMoved(errorCode: number): boolean {
  return LEADER_MOVED.has(errorCode);
}

/** The broker that answered does not know the topic: deleted, re-created, or so new that word has not reached it. */
export function isTopicUnknown(errorCode: number): boolean {
  return (
    errorCode === UNKNOWN_TOPIC_OR_PARTITION || errorCode === UNKNOWN_TOPIC_ID || errorCode === INCONSISTENT_TOPIC_ID
  );
}

export function isForbidden(errorCode: number): boolean {
  return errorCode === TOPIC_AUTHORIZATION_FAILED || errorCode === CLUSTER_AUTHORIZATION_FAILED;
}

/** A code's name in the protocol. */
export function errorName(errorCode: number): string {
  return protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`;
}

/** The response as it is: the library throws it when any code in it is not 0, but each caller has its own view of those. */
export async function answered<Response>(request: Promise<Response>): Promise<Response> {
  try {
    return await request;
  } catch (thrown) {
    if (thrown instanceof ResponseError) return (thrown as ResponseError & { response: Response }).response;
    throw thrown;
  }
}
