import { partitionAppId, sequenceAppId } from '../plans/batch.ts';
import type { Snapshot } from './log/snapshot.ts';

/** Next offset of each partition of the topic, in order of partition: how far a table's log says that it has come. */
export function committedOffsets(snapshot: Snapshot, topic: string): Map<number, bigint> {
  const prefix = partitionAppId(topic, '');
  const offsets = [...snapshot.transactions.values()]
    .filter(({ appId }) => appId.startsWith(prefix))
    .map(({ appId, version }) => [Number(appId.slice(prefix.length)), BigInt(version)] as const);
  return new Map(offsets.sort(([a], [b]) => a - b));
}

/** Sequence number of the last batch in a log; 0 for none. */
export function committedSequence(snapshot: Snapshot, topic: string): number {
  return snapshot.transactionVersion(sequenceAppId(topic)) ?? 0;
}
