import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { KafkaSettings } from '../settings/settings.ts';

/** Longest that a command waits for Kafka before it says that the lag is not known. */
export const KAFKA_LIMIT_MS = 3_000;

/** Where the partitions of a topic end, or why that is not known. */
export interface TopicEnds {
  /** Last stable offset of each partition. */
  readonly offsets: ReadonlyMap<number, bigint> | undefined;
  readonly failure: SluiceError | undefined;
}

export async function readTopicEnds(settings: KafkaSettings, topic: string): Promise<TopicEnds> {
  const cluster = new KafkaCluster(settings, 'sluice-cli');
  const signal = AbortSignal.timeout(KAFKA_LIMIT_MS);
  try {
    const offsets = await cluster.offsets(topic, { signal, retryLimitMs: KAFKA_LIMIT_MS });
    return {
      offsets: new Map([...offsets].map(([partition, { lastStable }]) => [partition, lastStable])),
      failure: undefined,
    };
  } catch (thrown) {
    return { offsets: undefined, failure: signal.aborted ? silent(settings, topic) : asSluiceError(thrown) };
  } finally {
    await cluster.close();
  }
}

function silent({ brokers }: KafkaSettings, topic: string): SluiceError {
  const asked = `Asking for the offsets of the topic "${topic}"`;
  const limit = `within ${KAFKA_LIMIT_MS / 1000} s`;
  return new SluiceError('KAFKA_UNREACHABLE', `${asked}: no answer ${limit} from ${brokers.join(', ')}.`, {
    remedy: 'Check that the brokers run and that KAFKA_BROKERS names them.',
  });
}
