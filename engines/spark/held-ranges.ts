import type { KafkaCluster } from '../../kafka/cluster.ts';
import { offsetsExpired, offsetsMovedBack, topicGone } from '../../kafka/range-failure.ts';
import type { BatchPlan } from '../../plans/batch.ts';

/**
 * Spark knows topics by their names only. So it is looked up here, before and after, that the name still means the
 * topic of the plan.
 * @throws SluiceError TOPIC_RECREATED, TOPIC_UNKNOWN
 */
export async function checkTopic(cluster: KafkaCluster, plan: BatchPlan, signal: AbortSignal): Promise<void> {
  const { topicId } = await cluster.describeTopic(plan.topic, { signal });
  if (topicId !== plan.topicId)
    throw await topicGone(cluster, plan.topicId, `Reading the topic "${plan.topic}"`, signal);
}

/** @throws SluiceError OFFSET_EXPIRED, OFFSETS_MOVED_BACK where Kafka does not hold all of the plan's ranges */
export async function checkRanges(cluster: KafkaCluster, plan: BatchPlan, signal: AbortSignal): Promise<void> {
  const offsets = await cluster.offsets(plan.topic, { signal });
  for (const { partition, startOffset, endOffset } of plan.ranges) {
    const range = { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
    const held = offsets.get(partition);
    if (held === undefined || range.startOffset === range.endOffset) continue;
    if (held.earliest > range.startOffset) throw offsetsExpired(plan.topic, range, range.startOffset, held.earliest);
    if (held.lastStable < range.endOffset) throw offsetsMovedBack(plan.topic, range, range.endOffset, held.lastStable);
  }
}
