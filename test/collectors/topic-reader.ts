import { zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

export interface ReceivedRecord {
  readonly partition: number;
  readonly key: string;
  readonly timestampMs: number;
  readonly fields: Readonly<Record<string, unknown>> & { readonly host: string; readonly event_time: string };
}

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: () => Promise.reject(new Error('This client only reads.')),
  decompress: (bytes: Buffer) => Promise.resolve(zstdDecompressSync(bytes)),
});

/** All of a topic up to its end as of now, each partition in order, read by an unrelated client. */
export async function readTopic(brokers: readonly string[], topic: string): Promise<ReceivedRecord[]> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 20 } });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, BigInt(high)]));
  await admin.disconnect();
  const received: ReceivedRecord[] = [];
  const open = new Set([...ends].filter(([, end]) => end > 0n).map(([partition]) => partition));
  const { promise: allRead, resolve } = Promise.withResolvers<undefined>();
  if (open.size === 0) resolve(undefined);
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${Date.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      for (const { key, value, timestamp } of batch.messages) {
        const fields = JSON.parse(value?.toString() ?? 'null') as ReceivedRecord['fields'];
        received.push({
          partition: batch.partition,
          key: key?.toString() ?? '',
          timestampMs: Number(timestamp),
          fields,
        });
      }
      if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) open.delete(batch.partition);
      if (open.size === 0) resolve(undefined);
      return Promise.resolve();
    },
  });
  await allRead;
  await consumer.disconnect();
  return received;
}
