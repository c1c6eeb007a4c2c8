import { randomUUID } from 'node:crypto';
import type { BatchRequest } from '../../../engines/engine.ts';
import type { KafkaCluster } from '../../../kafka/cluster.ts';
import { define } from '../fixture.ts';

export const LONG = define('long', { n: 'int', text: 'string' }, 'archive: true');

/** The first `records` of the long topic as a batch of its own. */
export async function batchOf(
  cluster: KafkaCluster,
  options: {
    readonly records: number;
    readonly sequence: number;
    readonly scratchFolder: string;
    readonly signal?: AbortSignal;
  },
): Promise<BatchRequest> {
  const { topicId } = await cluster.describeTopic(LONG.source.topic);
  return {
    plan: {
      format: 1,
      sequence: options.sequence,
      revision: 0,
      plannedAtMs: 0,
      topic: LONG.source.topic,
      topicId,
      ranges: [{ partition: 0, startOffset: '0', endOffset: String(options.records) }],
      nextOffsets: { 0: String(options.records) },
      engine: 'spark',
      definitionHash: 'of no use here',
    },
    definition: LONG,
    attempt: randomUUID().slice(0, 8),
    scratchFolder: options.scratchFolder,
    signal: options.signal ?? new AbortController().signal,
  };
}
