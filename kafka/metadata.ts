import { metadataV12, type Connection } from './library.ts';
import { addressOf, type BrokerAddress } from './connection.ts';
import { answered } from './protocol.ts';

export interface PartitionLeader {
  readonly partition: number;
  /** Node id of the leader; -1 where there is none. */
  readonly leader: number;
  /** Grows with each change of leader, so that one who was deposed without noticing is not believed. */
  readonly leaderEpoch: number;
}

export interface TopicMetadata {
  readonly errorCode: number;
  /** Absent where the topic was asked for by an id that the broker does not know. */
  readonly topic: string | null;
  /** UUID text. */
  readonly topicId: string;
  /** In order of partition. */
  readonly partitions: readonly PartitionLeader[];
}

export interface ClusterMetadata {
  readonly brokers: ReadonlyMap<number, BrokerAddress>;
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export type TopicKey = { readonly name: string } | { readonly topicId: string };

/** One Metadata request (version 12, which knows topic ids); it never creates a topic. */
export async function requestMetadata(connection: Connection, topics: readonly TopicKey[]): Promise<ClusterMetadata> {
  const response = await answered(metadataV12.api.async(connection, [...topics], false, false));
  return {
    brokers: new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, addressOf(host, port)])),
    controllerId: response.controllerId,
    topics: response.topics.map(({ errorCode, name, topicId, partitions }) => ({
      errorCode,
      topic: name ?? null,
      topicId,
      partitions: partitions
        .map(({ partitionIndex, leaderId, leaderEpoch }) => ({
          partition: partitionIndex,
          leader: leaderId,
          leaderEpoch,
        }))
        .sort((a, b) => a.partition - b.partition),
    })),
  };
}
