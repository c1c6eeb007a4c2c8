import { asSluiceError } from '../../errors/sluice-error.ts';
import { KafkaCluster, type TopicDescription } from '../../kafka/cluster.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import { waitFor } from '../wait-for.ts';

const LIMIT_MS = 60_000;

/**
 * Waits until each broker has heard of a change to a topic: they do one after the other, and until then go on as before.
 * One that does not answer, as after a crash, has heard of nothing yet.
 * @param isKnown by what a broker says of the topic; undefined where it knows none of that name
 */
export async function everyBroker(
  settings: KafkaSettings,
  topic: string,
  isKnown: (topic: TopicDescription | undefined) => boolean,
): Promise<void> {
  for (const broker of settings.brokers) {
    await waitFor(`${broker} to know what has become of ${topic}`, LIMIT_MS, async () => {
      // The first question of a cluster goes to the broker that it is given.
      const cluster = new KafkaCluster({ ...settings, brokers: [broker] }, 'every-broker');
      try {
        return isKnown(await describedBy(cluster, topic)) || undefined;
      } catch (thrown) {
        if (asSluiceError(thrown).code === 'KAFKA_UNREACHABLE') return undefined;
        throw thrown;
      } finally {
        await cluster.close();
      }
    });
  }
}

async function describedBy(cluster: KafkaCluster, topic: string): Promise<TopicDescription | undefined> {
  try {
    return await cluster.describeTopic(topic);
  } catch (thrown) {
    if (asSluiceError(thrown).code === 'TOPIC_UNKNOWN') return undefined;
    throw thrown;
  }
}
