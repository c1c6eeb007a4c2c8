import { Producer } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import { ensureTopic } from '../../kafka/admin.ts';
import type { Codec } from '../../kafka/compression.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import { type FixtureRecord, PRODUCED_AT_MS } from './fixture.ts';

/** Creates a topic whose records stay, however long ago they were produced. */
export async function createTopic(kafka: KafkaSettings, topic: string, partitions = 1): Promise<void> {
  await ensureTopic(kafka, { topic, partitions, replicationFactor: 1, config: { 'retention.ms': '-1' } });
}

/** Writes with kafkajs, a client that has nothing to do with ours; each record's offset is its index. */
export async function writeFixture(
  kafka: KafkaSettings,
  topic: string,
  records: readonly FixtureRecord[],
  partition = 0,
): Promise<void> {
  const producer = clientOf(kafka).producer();
  await producer.connect();
  const messages = records.map(({ key = 'k', value, timestampMs = PRODUCED_AT_MS }) => ({
    key,
    value,
    timestamp: String(timestampMs),
    partition,
  }));
  await producer.send({ topic, messages, acks: -1 });
  await producer.disconnect();
}

export async function writeCompressed(
  kafka: KafkaSettings,
  topic: string,
  values: readonly string[],
  codec: Codec,
): Promise<void> {
  const producer = new Producer({ clientId: 'fixtures', bootstrapBrokers: [...kafka.brokers], compression: codec });
  const timestamp = BigInt(PRODUCED_AT_MS);
  await producer.send({
    messages: values.map((value) => ({ topic, partition: 0, value: Buffer.from(value), timestamp })),
  });
  await producer.close();
}

/**
 * A plain record, a committed transaction, and an aborted one around a plain record. Offsets:
 * 0 plain, 1-2 committed, 3 marker, 4-5 aborted, 6 plain, 7 marker.
 */
export async function writeTransactions(
  kafka: KafkaSettings,
  topic: string,
  value: (text: string) => string,
): Promise<void> {
  const client = clientOf(kafka);
  const plain = client.producer();
  const transactional = client.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await Promise.all([plain.connect(), transactional.connect()]);
  const message = (text: string) => ({ value: value(text), partition: 0, timestamp: String(PRODUCED_AT_MS) });
  await plain.send({ topic, acks: -1, messages: [message('plain')] });
  const commits = await transactional.transaction();
  await commits.send({ topic, acks: -1, messages: [message('committed'), message('committed too')] });
  await commits.commit();
  const aborts = await transactional.transaction();
  await aborts.send({ topic, acks: -1, messages: [message('aborted'), message('aborted too')] });
  await plain.send({ topic, acks: -1, messages: [message('plain again')] });
  await aborts.abort();
  await Promise.all([plain.disconnect(), transactional.disconnect()]);
}

function clientOf(kafka: KafkaSettings): kafkajs.Kafka {
  return new kafkajs.Kafka({ clientId: 'fixtures', brokers: [...kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
}
