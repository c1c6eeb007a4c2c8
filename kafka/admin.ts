import { createTopicsV7 } from './library.ts';
import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import type { KafkaSettings } from '../settings/settings.ts';
import { KafkaCluster } from './cluster.ts';
import { leaderFailed, protocolFailure } from './failure.ts';
import {
  answered,
  INVALID_REPLICATION_FACTOR,
  isLeaderMoved,
  NONE,
  NOT_CONTROLLER,
  TOPIC_ALREADY_EXISTS,
} from './protocol.ts';
import { abortable, Retry } from './retry.ts';

/** How long to wait for brokers that are coming up before a topic counts as not creatable. */
export const CREATE_TOPIC_LIMIT_MS = 60_000;

const CREATE_TIMEOUT_MS = 5_000;

export interface TopicSpecification {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic settings by Kafka's names, such as `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>;
}

/**
 * Creates a topic unless there is one of this name, whatever its partitions and settings, and waits until each of its
 * partitions has a leader. Tries again while brokers are coming up or too few of them run for the replication factor.
 * @throws SluiceError KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION, KAFKA_PROTOCOL.
 */
export async function ensureTopic(
  settings: KafkaSettings,
  specification: TopicSpecification,
  options: { signal?: AbortSignal; limitMs?: number } = {},
): Promise<'created' | 'exists'> {
  const cluster = new KafkaCluster(settings, 'sluice-admin');
  const retry = new Retry(options.limitMs ?? CREATE_TOPIC_LIMIT_MS, options.signal);
  let outcome: 'created' | 'exists' | undefined;
  try {
    for (;;) {
      try {
        outcome ??= await createIfAbsent(cluster, specification, options.signal);
        await requireLeaders(cluster, specification.topic, options.signal);
        return outcome;
      } catch (thrown) {
        const failure = asSluiceError(thrown);
        if (failure.code !== 'KAFKA_UNREACHABLE' && failure.code !== 'TOPIC_UNKNOWN') throw thrown;
        await retry.after(failure);
      }
    }
  } finally {
    await cluster.close();
  }
}

/** Looks first: whoever may read a topic may not be allowed to create one. */
async function createIfAbsent(
  cluster: KafkaCluster,
  specification: TopicSpecification,
  signal: AbortSignal | undefined,
): Promise<'created' | 'exists'> {
  const doing = `Creating the topic "${specification.topic}"`;
  const { topics, controllerId } = await cluster.metadata([{ name: specification.topic }], doing, signal);
  if (topics[0]?.errorCode === NONE) return 'exists';
  const request = {
    name: specification.topic,
    numPartitions: specification.partitions,
    replicationFactor: specification.replicationFactor,
    assignments: [],
    configs: Object.entries(specification.config ?? {}).map(([name, value]) => ({ name, value })),
  };
  const errorCode = await cluster
    .controlConnection(controllerId)
    .then((connection) =>
      abortable(answered(createTopicsV7.api.async(connection, [request], CREATE_TIMEOUT_MS, false)), signal),
    )
    .then(
      (response) => response.topics[0],
      (thrown: unknown) => {
        signal?.throwIfAborted();
        throw leaderFailed(doing, cluster.addressOf(controllerId), thrown);
      },
    );
  return outcomeOf(doing, specification, errorCode);
}

function outcomeOf(
  doing: string,
  { replicationFactor }: TopicSpecification,
  answer: { errorCode: number; errorMessage?: string | null | undefined } | undefined,
): 'created' | 'exists' {
  switch (answer?.errorCode) {
    case NONE:
      return 'created';
    case TOPIC_ALREADY_EXISTS:
      return 'exists';
    case INVALID_REPLICATION_FACTOR:
      throw new SluiceError('KAFKA_UNREACHABLE', `${doing}: fewer than ${replicationFactor} brokers run.`, {
        remedy: 'Start the missing brokers, or create the topic with a smaller replication factor.',
      });
    case NOT_CONTROLLER:
    case undefined:
      throw new SluiceError('KAFKA_UNREACHABLE', `${doing}: the cluster has no controller at the moment.`);
    default:
      if (isLeaderMoved(answer?.errorCode ?? NONE)) throw protocolFailure(doing, answer?.errorCode ?? NONE);
      throw new SluiceError('KAFKA_PROTOCOL', `${doing}: Kafka refused: ${answer?.errorMessage ?? 'no reason given'}.`);
  }
}

async function requireLeaders(cluster: KafkaCluster, topic: string, signal: AbortSignal | undefined): Promise<void> {
  const { partitions } = await cluster.describeTopic(topic, { signal });
  const leaderless = partitions.find(({ leader }) => leader < 0);
  if (leaderless) {
    throw new SluiceError(
      'KAFKA_UNREACHABLE',
      `Partition ${leaderless.partition} of the topic "${topic}" has no leader.`,
      {
        remedy: 'Check that enough brokers run for every partition to have a leader.',
      },
    );
  }
}
