import { asSluiceError, SluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { KafkaSettings } from '../settings/settings.ts';

/** Longest that a command waits for Kafka before it says that the lag is not known. */
export const KAFKA_LIMIT_MS = 3_000;

/** Where the partitions of a topic end, or why that is not known. */
export interface TopicEnds {
  /** Last stable offset of each partition. */
  readonly offsets: ReadonlyMap<number, bigint> | undefined;
  /** Offsets beyond, which an open transaction keeps from everybody who reads what is committed. */
  readonly held: ReadonlyMap<number, bigint> | undefined;
  readonly failure: SluiceError | undefined;
}

export async function readTopicEnds(settings: KafkaSettings, topic: string): Promise<TopicEnds> {
  const cluster = new KafkaCluster(settings, 'sluice-cli');
  const signal = AbortSignal.timeout(KAFKA_LIMIT_MS);
  try {
    const options = { signal, retryLimitMs: KAFKA_LIMIT_MS };
    // In this order: what is written in between is not taken for held back.
    const written = await cluster.highWatermarks(topic, options);
    const offsets = await cluster.offsets(topic, options);
    const ends = [...offsets].map(([partition, { lastStable }]) => [partition, lastStable] as const);
    return {
      offsets: new Map(ends),
      held: new Map(ends.map(([partition, end]) => [partition, positive((written.get(partition) ?? end) - end)])),
      failure: undefined,
    };
  } catch (thrown) {
    return {
      offsets: undefined,
      held: undefined,
      failure: signal.aborted ? silent(settings, topic) : asSluiceError(thrown),
    };
  } finally {
    await cluster.close();
  }
}

function positive(count: bigint): bigint {
  return count > 0n ? count : 0n;
}

function silent({ brokers }: KafkaSettings, topic: string): SluiceError {
  const asked = `Asking for the offsets of the topic "${topic}"`;
  const limit = `within ${KAFKA_LIMIT_MS / 1000} s`;
  return new SluiceError('KAFKA_UNREACHABLE', `${asked}: no answer ${limit} from ${brokers.join(', ')}.`, {
    remedy: 'Check that the brokers run and that KAFKA_BROKERS names them.',
  });
}
