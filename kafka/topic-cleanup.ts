import { ResourceTypes, describeConfigsV4 } from './library.ts';
import type { KafkaCluster } from './cluster.ts';
import { leaderFailed } from './failure.ts';
import { answered, NONE } from './protocol.ts';
import { abortable } from './retry.ts';

const CLEANUP_POLICY = 'cleanup.policy';

/**
 * A topic's `cleanup.policy`: `delete`, `compact` or both; undefined where this user may not ask.
 * @throws SluiceError KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION.
 */
export async function cleanupPolicy(
  cluster: KafkaCluster,
  topic: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const doing = `Asking how the topic "${topic}" is cleaned up`;
  const { controllerId } = await cluster.metadata([], doing, signal);
  const asked = [{ resourceType: ResourceTypes.TOPIC, resourceName: topic, configurationKeys: [CLEANUP_POLICY] }];
  try {
    const connection = await abortable(cluster.controlConnection(controllerId), signal);
    const { results } = await abortable(answered(describeConfigsV4.api.async(connection, asked, false, false)), signal);
    if (results[0]?.errorCode !== NONE) return undefined;
    return results[0].configs.find(({ name }) => name === CLEANUP_POLICY)?.value ?? undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    throw leaderFailed(doing, cluster.addressOf(controllerId), thrown);
  }
}
