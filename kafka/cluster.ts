import type { Connection } from './library.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaSettings } from '../settings/settings.ts';
import { BrokerConnections } from './broker-connections.ts';
import { connectionOptions, type BrokerAddress } from './connection.ts';
import { brokersFailed, forbidden, leaderFailed, protocolFailure, type BrokerFailure } from './failure.ts';
import type { FetchedPartition, FetchRequest } from './fetch.ts';
import { FetchLane } from './fetch-lane.ts';
import {
  requestMetadata,
  type ClusterMetadata,
  type PartitionLeader,
  type TopicKey,
  type TopicMetadata,
} from './metadata.ts';
import {
  requestHighWatermarks,
  requestOffsets,
  requestOffsetsSince,
  type OffsetAnswer,
  type PartitionOffsets,
} from './partition-offsets.ts';
import { isForbidden, isTopicUnknown, NONE } from './protocol.ts';
import { abortable, Retry } from './retry.ts';

export type { PartitionOffsets } from './partition-offsets.ts';

/** How long a topic may be unknown to the brokers before it is believed: word of a new one takes a moment. */
export const TOPIC_LOOKUP_LIMIT_MS = 2_000;

/** How long to look for a partition's leader, since the last success, before the cluster counts as unreachable. */
export const LEADER_RETRY_LIMIT_MS = 60_000;

/** How long a broker may take to answer a question about the cluster; reading has the longer REQUEST_TIMEOUT_MS. */
export const CONTROL_TIMEOUT_MS = 10_000;

export interface TopicDescription {
  readonly topic: string;
  /** UUID text; a topic that is deleted and created again under the same name gets another one. */
  readonly topicId: string;
  /** In order of partition. */
  readonly partitions: readonly PartitionLeader[];
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default LEADER_RETRY_LIMIT_MS */
  readonly retryLimitMs?: number | undefined;
}

/** What planning asks of a cluster. */
export type TopicOffsets = Pick<KafkaCluster, 'describeTopic' | 'offsets'>;

/**
 * A Kafka cluster as one process sees it: who its brokers are, who leads what, and the connections to them.
 * Questions and reading go over separate connections, for a broker answers one connection's requests in order.
 */
export class KafkaCluster {
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #control: BrokerConnections;
  readonly #reading: BrokerConnections;
  readonly #lanes = new Map<BrokerAddress, FetchLane>();
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map();
  /** The latest description of each topic id, until one of its leaders turns out to have moved. */
  readonly #topics = new Map<string, TopicDescription>();
  readonly #names = new Map<string, string>();
  #turn = 0;

  constructor(settings: KafkaSettings, clientId: string) {
    const options = connectionOptions(settings, clientId);
    this.#bootstrap = settings.brokers;
    this.#control = new BrokerConnections(clientId, { ...options, requestTimeout: CONTROL_TIMEOUT_MS });
    this.#reading = new BrokerConnections(clientId, options);
  }

  /** @throws SluiceError TOPIC_UNKNOWN, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION. */
  async describeTopic(topic: string, options: RequestOptions = {}): Promise<TopicDescription> {
    const found = await this.#findTopic({ name: topic }, `Looking up the topic "${topic}"`, options);
    if (found) return found;
    throw new SluiceError('TOPIC_UNKNOWN', `The Kafka topic "${topic}" does not exist.`, {
      remedy: 'Create it, or correct the topic in the table definition.',
      details: { topic },
    });
  }

  /** The topic that has this id now, or nothing where it was deleted. */
  async describeTopicById(topicId: string, options: RequestOptions = {}): Promise<TopicDescription | undefined> {
    return this.#findTopic({ topicId }, `Looking up the topic with id ${topicId}`, options);
  }

  /** Who leads a partition, as last heard or asked now; nothing where no topic has this id or it has no such partition. */
  async leaderOf(
    topicId: string,
    partition: number,
    options: RequestOptions = {},
  ): Promise<PartitionLeader | undefined> {
    const topic = this.#topics.get(topicId) ?? (await this.describeTopicById(topicId, options));
    return topic?.partitions.find((candidate) => candidate.partition === partition);
  }

  /** To be called when a leader has failed or moved: the next question about it is put to the brokers. */
  forgetLeaders(topicId: string): void {
    this.#topics.delete(topicId);
  }

  /** The name of a topic described before; it outlives the topic, so that a successor can be recognised. */
  knownName(topicId: string): string | undefined {
    return this.#names.get(topicId);
  }

  /** A topic's name for messages. */
  nameOf(topicId: string): string {
    const name = this.#names.get(topicId);
    return name === undefined ? `the topic with id ${topicId}` : `the topic "${name}"`;
  }

  async #findTopic(key: TopicKey, doing: string, options: RequestOptions): Promise<TopicDescription | undefined> {
    const retry = new Retry(TOPIC_LOOKUP_LIMIT_MS, options.signal);
    for (;;) {
      const { topics } = await this.metadata([key], doing, options.signal);
      const [found] = topics;
      if (found && found.topic !== null && isUsable(found)) {
        const described = { topic: found.topic, topicId: found.topicId, partitions: found.partitions };
        this.#topics.set(described.topicId, described);
        this.#names.set(described.topicId, described.topic);
        return described;
      }
      const errorCode = found?.errorCode ?? NONE;
      if (isForbidden(errorCode)) throw forbidden(doing, errorCode);
      const failure = protocolFailure(doing, errorCode);
      try {
        await retry.after(failure);
      } catch (thrown) {
        if (thrown === failure && isTopicUnknown(errorCode)) return undefined;
        throw thrown;
      }
    }
  }

  /**
   * Earliest and last stable offset of every partition, by one round of ListOffsets a leader.
   * @throws SluiceError TOPIC_UNKNOWN, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION.
   */
  async offsets(topic: string, options: RequestOptions = {}): Promise<Map<number, PartitionOffsets>> {
    return this.#ofEveryPartition(topic, options, requestOffsets);
  }

  /**
   * One past the last offset written to every partition, whether its transaction has ended or not.
   * @throws SluiceError TOPIC_UNKNOWN, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION.
   */
  async highWatermarks(topic: string, options: RequestOptions = {}): Promise<Map<number, bigint>> {
    return this.#ofEveryPartition(topic, options, requestHighWatermarks);
  }

  /**
   * For every partition the first offset whose record has this timestamp or a later one, in milliseconds since the epoch;
   * undefined where there is none.
   * @throws SluiceError TOPIC_UNKNOWN, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION.
   */
  async offsetsSince(
    topic: string,
    timestampMs: number,
    options: RequestOptions = {},
  ): Promise<Map<number, bigint | undefined>> {
    return this.#ofEveryPartition(topic, options, (connection, name, led) =>
      requestOffsetsSince(connection, name, led, timestampMs),
    );
  }

  async #ofEveryPartition<T>(
    topic: string,
    options: RequestOptions,
    request: (
      connection: Connection,
      topic: string,
      partitions: readonly PartitionLeader[],
    ) => Promise<OffsetAnswer<T>[]>,
  ): Promise<Map<number, T>> {
    const retry = new Retry(options.retryLimitMs ?? LEADER_RETRY_LIMIT_MS, options.signal);
    const offsets = new Map<number, T>();
    for (;;) {
      const { partitions } = await this.describeTopic(topic, options);
      const missing = partitions.filter(({ partition }) => !offsets.has(partition));
      const failures = await Promise.all(
        [...byLeader(missing)].map(async ([leader, led]) => {
          try {
            const connection = await abortable(this.controlConnection(leader), options.signal);
            const answers = await abortable(request(connection, topic, led), options.signal);
            return collect(answers, offsets, topic);
          } catch (thrown) {
            options.signal?.throwIfAborted();
            return leaderFailed(`Asking for the offsets of the topic "${topic}"`, this.addressOf(leader), thrown);
          }
        }),
      );
      const failure = failures.find((failed) => failed !== undefined);
      if (!failure && offsets.size >= partitions.length) return inOrder(offsets);
      if (failure && failure.code !== 'KAFKA_UNREACHABLE') throw failure;
      await retry.after(failure ?? protocolFailure(`Asking for the offsets of the topic "${topic}"`, NONE));
    }
  }

  /** Reads from the broker with this node id. */
  async fetch(nodeId: number, request: FetchRequest, signal: AbortSignal): Promise<FetchedPartition> {
    const address = this.#requireAddress(nodeId);
    const lane = this.#lanes.get(address) ?? new FetchLane(this.#reading, address);
    this.#lanes.set(address, lane);
    return lane.fetch(request, signal);
  }

  /** A connection for questions to the broker with this node id. */
  async controlConnection(nodeId: number): Promise<Connection> {
    return this.#control.to(this.#requireAddress(nodeId));
  }

  #requireAddress(nodeId: number): BrokerAddress {
    const address = this.#brokers.get(nodeId);
    if (address === undefined) throw new Error(nodeId < 0 ? 'there is no leader' : `broker ${nodeId} is away`);
    return address;
  }

  /** Where a node listens, as last heard; for messages. */
  addressOf(nodeId: number): BrokerAddress {
    return this.#brokers.get(nodeId) ?? (nodeId < 0 ? 'no leader' : `broker ${nodeId}`);
  }

  /** Fresh metadata from the first broker that answers; every broker known is tried once, starting with another each time. */
  async metadata(topics: readonly TopicKey[], doing: string, signal?: AbortSignal): Promise<ClusterMetadata> {
    const known = [...new Set([...this.#brokers.values(), ...this.#bootstrap])];
    const first = this.#turn++ % known.length;
    const failures: BrokerFailure[] = [];
    for (const broker of [...known.slice(first), ...known.slice(0, first)]) {
      try {
        const connection = await abortable(this.#control.to(broker), signal);
        const metadata = await abortable(requestMetadata(connection, topics), signal);
        this.#brokers = metadata.brokers;
        return metadata;
      } catch (thrown) {
        signal?.throwIfAborted();
        failures.push({ broker, thrown });
      }
    }
    throw brokersFailed(doing, failures);
  }

  /** Ends all connections; requests in flight fail. */
  async close(): Promise<void> {
    this.#control.close();
    this.#reading.close();
    return Promise.resolve();
  }
}

function isUsable(found: TopicMetadata): boolean {
  return found.errorCode === NONE && found.partitions.length > 0;
}

function byLeader(partitions: readonly PartitionLeader[]): Map<number, PartitionLeader[]> {
  return Map.groupBy(partitions, ({ leader }) => leader);
}

function inOrder<T>(offsets: Map<number, T>): Map<number, T> {
  return new Map([...offsets].sort(([a], [b]) => a - b));
}

/** Keeps the good answers; the failure of a bad one. */
function collect<T>(
  answers: readonly OffsetAnswer<T>[],
  offsets: Map<number, T>,
  topic: string,
): SluiceError | undefined {
  let failure: SluiceError | undefined;
  for (const { partition, errorCode, offsets: found } of answers) {
    if (errorCode === NONE) offsets.set(partition, found);
    else
      failure = protocolFailure(`Asking for the offsets of partition ${partition} of the topic "${topic}"`, errorCode);
  }
  return failure;
}
