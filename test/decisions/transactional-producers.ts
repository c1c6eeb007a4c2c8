import kafkajs, { type Transaction } from 'kafkajs';
import type { KafkaSettings } from '../../settings/settings.ts';

/** A producer of partition 0 whose records count when it says so. */
export interface TransactionalProducer {
  begin(): Promise<void>;
  send(values: readonly string[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Producers with transactions of their own, by a client that has nothing to do with ours. */
export async function transactionalProducers(
  { brokers }: KafkaSettings,
  topic: string,
  count: number,
): Promise<{ readonly all: readonly TransactionalProducer[]; close(): Promise<void> }> {
  const kafka = new kafkajs.Kafka({
    brokers: [...brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 30, maxRetryTime: 2_000 },
  });
  const producers = Array.from({ length: count }, (_, index) =>
    kafka.producer({ transactionalId: `${topic}-${index}`, idempotent: true, maxInFlightRequests: 1 }),
  );
  await Promise.all(producers.map((producer) => producer.connect()));
  const all = producers.map((producer) => {
    let transaction: Transaction | undefined;
    const open = (): Transaction => {
      if (transaction === undefined) throw new Error('no transaction has begun');
      return transaction;
    };
    return {
      async begin() {
        transaction = await producer.transaction();
      },
      async send(values: readonly string[]) {
        await open().send({ topic, acks: -1, messages: values.map((value) => ({ value, partition: 0 })) });
      },
      commit: () => open().commit(),
      abort: () => open().abort(),
    };
  });
  return {
    all,
    async close() {
      await Promise.all(producers.map((producer) => producer.disconnect()));
    },
  };
}
