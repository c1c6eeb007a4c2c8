import { Kafka, logLevel } from 'kafkajs';
import type { Outgoing } from '../../collectors/record.ts';

/** Of one request, in all partitions together: brokers refuse a batch of one partition that is larger than 1 MiB. */
const SEND_RECORDS = 5_000;
const SEND_BYTES = 1024 ** 2;

/** Writes records to a topic, in turn to each of its partitions; a client that has nothing to do with ours. */
export async function fillTopic(
  brokers: readonly string[],
  topic: string,
  partitions: number,
  records: Iterable<Outgoing>,
): Promise<void> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  let messages: { key: string; value: string; timestamp: string; partition: number }[] = [];
  let [index, sizeBytes] = [0, 0];
  const send = async (): Promise<void> => {
    await producer.send({ topic, acks: -1, messages });
    messages = [];
    sizeBytes = 0;
  };
  for (const { key, value, timestampMs } of records) {
    messages.push({ key, value, timestamp: String(timestampMs), partition: index % partitions });
    index += 1;
    sizeBytes += value.length;
    if (messages.length === SEND_RECORDS || sizeBytes >= SEND_BYTES) await send();
  }
  if (messages.length > 0) await send();
  await producer.disconnect();
}
