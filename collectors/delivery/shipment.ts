import { murmur2 } from '../../kafka/library.ts';
import type { Outgoing } from '../record.ts';
import type { PlannedShipment } from '../spool/cursor.ts';

/** An idempotent producer as the brokers know it, and the sequence number that each partition expects next. */
export interface Session {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly nextSequences: Map<number, number>;
}

/** Records of one partition under the numbers by which its leader recognises them when they are sent again. */
export interface PartitionBatch {
  readonly partition: number;
  readonly records: readonly Outgoing[];
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** Records sent together; the next ones follow when all of these are acknowledged. */
export interface Shipment {
  readonly partitionCount: number;
  readonly batches: readonly PartitionBatch[];
}

const LARGEST_SEQUENCE = 2 ** 31 - 1;

/** Sequence numbers are 32 bits and go on from 0 after the largest, as in Kafka's DefaultRecordBatch.incrementSequence. */
export function sequenceAfter(sequence: number, count: number): number {
  return sequence > LARGEST_SEQUENCE - count ? count - (LARGEST_SEQUENCE - sequence) - 1 : sequence + count;
}

/** The partition of a key as Kafka's own clients choose it, so that all producers of a topic agree. */
export function partitionOf(key: string, partitionCount: number): number {
  return (murmur2(Buffer.from(key)) & LARGEST_SEQUENCE) % partitionCount;
}

/** Gives records their partitions and the session's next sequence numbers, which are used up by it. */
export function shipmentOf(records: readonly Outgoing[], partitionCount: number, session: Session): Shipment {
  const batches = [...byPartition(records, partitionCount)].map(([partition, own]) =>
    numbered({ partition, records: own }, session),
  );
  return { partitionCount, batches };
}

/** The same records under numbers of another session. */
export function numbered({ partition, records }: Pick<PartitionBatch, 'partition' | 'records'>, session: Session) {
  const { producerId, producerEpoch, nextSequences } = session;
  const firstSequence = nextSequences.get(partition) ?? 0;
  nextSequences.set(partition, sequenceAfter(firstSequence, records.length));
  return { partition, records, producerId, producerEpoch, firstSequence } satisfies PartitionBatch;
}

/** What to note of a shipment so that it can be made again from the same records; undefined where it has no records. */
export function planOf({ partitionCount, batches }: Shipment): PlannedShipment | undefined {
  const [first] = batches;
  if (first === undefined) return undefined;
  return {
    partitionCount,
    producerId: String(first.producerId),
    producerEpoch: first.producerEpoch,
    firstSequences: Object.fromEntries(batches.map(({ partition, firstSequence }) => [partition, firstSequence])),
  };
}

/** The shipment that was planned for these records by an earlier process. */
export function plannedShipment(records: readonly Outgoing[], planned: PlannedShipment): Shipment {
  const { partitionCount, producerEpoch, firstSequences } = planned;
  const batches = [...byPartition(records, partitionCount)].map(([partition, own]) => ({
    partition,
    records: own,
    producerId: BigInt(planned.producerId),
    producerEpoch,
    firstSequence: firstSequences[partition] ?? 0,
  }));
  return { partitionCount, batches };
}

function byPartition(records: readonly Outgoing[], partitionCount: number): Map<number, Outgoing[]> {
  return Map.groupBy(records, ({ key }) => partitionOf(key, partitionCount));
}
