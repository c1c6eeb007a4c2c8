import type { Clock } from '../clock/clock.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { cleanupPolicy } from '../kafka/topic-cleanup.ts';
import type { TableSource } from '../lake/ensure-table.ts';

/** What Kafka holds of the audited topic. */
export interface HeldTopic {
  readonly topicId: string;
  /** First offset held, of each partition; it moves on while an audit runs. */
  readonly heldFrom: ReadonlyMap<number, bigint>;
  /** End of each partition when it was asked, at `askedAtMs`. */
  readonly lastStable: ReadonlyMap<number, bigint>;
  readonly askedAtMs: number;
  /** False where records may be gone from the middle of a partition, by compaction. */
  readonly keepsRecords: boolean;
}

/** @throws SluiceError TOPIC_RECREATED, TOPIC_UNKNOWN, KAFKA_UNREACHABLE, KAFKA_AUTHENTICATION */
export async function holdingOf(
  cluster: KafkaCluster,
  source: TableSource,
  clock: Clock,
  signal: AbortSignal,
): Promise<HeldTopic> {
  const { topic } = source;
  const { topicId } = await cluster.describeTopic(topic, { signal });
  if (topicId !== source.topicId) {
    throw new SluiceError('TOPIC_RECREATED', `The topic "${topic}" is not the one that the table was filled from.`, {
      remedy: 'Its records cannot be compared with the table any more; files and Hive still can.',
      details: { topic, was: source.topicId, is: topicId },
    });
  }
  const askedAtMs = clock.nowMs();
  const offsets = [...(await cluster.offsets(topic, { signal }))];
  const policy = await cleanupPolicy(cluster, topic, signal);
  return {
    topicId,
    heldFrom: new Map(offsets.map(([partition, { earliest }]) => [partition, earliest])),
    lastStable: new Map(offsets.map(([partition, { lastStable }]) => [partition, lastStable])),
    askedAtMs,
    keepsRecords: policy === 'delete',
  };
}
