import { SluiceError } from '../errors/sluice-error.ts';
import type { KafkaCluster } from './cluster.ts';
import { describeRange, type OffsetRange } from './offset-range.ts';

/** Offsets of a range that Kafka has deleted before they were read, by its retention or by someone. */
export function offsetsExpired(topic: string, range: OffsetRange, offset: bigint, earliest: bigint): SluiceError {
  const lost = earliest < range.endOffset ? earliest : range.endOffset;
  return new SluiceError(
    'OFFSET_EXPIRED',
    `Kafka no longer holds offsets ${String(offset)} to ${String(lost - 1n)} of partition ${range.partition} of the topic "${topic}"; it now begins at ${String(earliest)}.`,
    {
      remedy:
        'To let the table go on without them: sluice accept-loss TABLE. Give the topic a longer retention than ingestion may be away.',
      details: { ...detailsOf(topic, range), offset: String(offset), earliest: String(earliest) },
    },
  );
}

/** A partition that ends before a range that it once held: records were lost. */
export function offsetsMovedBack(topic: string, range: OffsetRange, offset: bigint, end: bigint): SluiceError {
  return new SluiceError(
    'OFFSETS_MOVED_BACK',
    `The topic "${topic}" no longer reaches offset ${String(offset)} in partition ${range.partition}: it ends at ${String(end)}, though ${describeRange(range)} were there before.`,
    {
      remedy: 'Find out how the brokers lost records (an unclean leader election, a restored disk) before going on.',
      details: { ...detailsOf(topic, range), offset: String(offset), end: String(end) },
    },
  );
}

/** What it means that no topic has the id any more; its name, where known, tells whether there is another one now. */
export async function topicGone(
  cluster: KafkaCluster,
  topicId: string,
  doing: string,
  signal: AbortSignal,
): Promise<SluiceError> {
  const topic = cluster.knownName(topicId);
  // Throws TOPIC_UNKNOWN where the topic was deleted and not created again.
  const now = topic === undefined ? undefined : await cluster.describeTopic(topic, { signal });
  const another = now === undefined ? '' : `; the topic of that name now has the id ${now.topicId}`;
  return new SluiceError(
    'TOPIC_RECREATED',
    `${doing}: the topic with the id ${topicId} was deleted${another}. Its offsets mean nothing in another topic.`,
    {
      remedy: 'Define a new table for the new topic; what was not read of the old one is gone.',
      details: { topicId, ...(topic === undefined ? {} : { topic }) },
    },
  );
}

function detailsOf(topic: string, range: OffsetRange): Record<string, string | number> {
  return {
    topic,
    partition: range.partition,
    startOffset: String(range.startOffset),
    endOffset: String(range.endOffset),
  };
}
