import { createPartitionsV3, deleteRecordsV2, Producer } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { readRange } from '../../kafka/range-reader.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import { everyBroker } from '../kafka/every-broker.ts';

/** A record of the table, with something in it that tells it apart. */
export function recordOf(mark: number, more: Readonly<Record<string, unknown>> = {}): string {
  const now = new Date().toISOString();
  return JSON.stringify({ host: `srv-${mark % 50}`, event_time: now, load_1: mark, ...more });
}

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Sends each value to a partition, all in one record batch. */
export async function send(
  { brokers }: KafkaSettings,
  topic: string,
  values: readonly (string | null)[],
  { codec = 'none', partition = 0 }: { readonly codec?: Codec; readonly partition?: number } = {},
): Promise<void> {
  const compression = codec === 'none' ? {} : { compression: codec };
  const producer = new Producer({ clientId: 'surprise', bootstrapBrokers: [...brokers], ...compression });
  const messages = values.map((value) => ({
    topic,
    partition,
    headers: new Map([[Buffer.from('trace'), Buffer.from('none of the table’s')]]),
    ...(value === null ? {} : { value: Buffer.from(value) }),
  }));
  await producer.send({ messages, acks: -1 });
  await producer.close();
}

/** Deletes a partition's records before this offset, as retention does. */
export async function expire(cluster: KafkaCluster, topic: string, before: bigint, partition = 0): Promise<void> {
  const { partitions } = await cluster.describeTopic(topic);
  const leader = partitions.find((candidate) => candidate.partition === partition)?.leader ?? -1;
  const connection = await cluster.controlConnection(leader);
  const wanted = [{ name: topic, partitions: [{ partitionIndex: partition, offset: before }] }];
  await deleteRecordsV2.api.async(connection, wanted, 10_000);
}

/** Until every broker knows of the new ones, and who leads them. */
export async function addPartitions(
  settings: KafkaSettings,
  cluster: KafkaCluster,
  topic: string,
  count: number,
): Promise<void> {
  const { controllerId } = await cluster.metadata([], 'Adding partitions');
  const connection = await cluster.controlConnection(controllerId);
  await createPartitionsV3.api.async(connection, [{ name: topic, count, assignments: null }], 10_000, false);
  await everyBroker(
    settings,
    topic,
    (known) => known?.partitions.length === count && known.partitions.every(({ leader }) => leader > 0),
  );
}

/** Until every broker has forgotten it. */
export async function deleteTopic(settings: KafkaSettings, topic: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [...settings.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [topic] });
  await admin.disconnect();
  await everyBroker(settings, topic, (known) => known === undefined);
}

/** The offsets of partition 0 that a record is left at. */
export async function heldOffsets(cluster: KafkaCluster, topic: string): Promise<bigint[]> {
  const { topicId } = await cluster.describeTopic(topic);
  const end = (await cluster.offsets(topic)).get(0)?.lastStable ?? 0n;
  const range = { partition: 0, startOffset: 0n, endOffset: end };
  const held: bigint[] = [];
  for await (const chunk of readRange(cluster, topicId, range, { signal: AbortSignal.timeout(60_000) })) {
    chunk.forEachRecord(({ offset }) => held.push(offset));
  }
  return held;
}
