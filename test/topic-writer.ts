import { Kafka, logLevel, type Producer } from 'kafkajs';
import type { TestRecord } from './health-records.ts';

/** Writes records with kafkajs, a client that has nothing to do with ours, and notes where each one landed. */
export class TopicWriter {
  /** By `partition/offset`. */
  readonly written = new Map<string, TestRecord>();
  readonly #producer: Producer;
  readonly #topic: string;

  private constructor(producer: Producer, topic: string) {
    this.#producer = producer;
    this.#topic = topic;
  }

  static async open(brokers: readonly string[], topic: string): Promise<TopicWriter> {
    const kafka = new Kafka({
      brokers: [...brokers],
      logLevel: logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 2_000 },
    });
    // Idempotent, so that a retry after a lost answer does not put a record on the topic twice.
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return new TopicWriter(producer, topic);
  }

  async write(partition: number, records: readonly TestRecord[]): Promise<void> {
    const messages = records.map(({ key, value }) => ({ key, value, partition }));
    const answers = await this.#producer.send({ topic: this.#topic, acks: -1, messages });
    const base = Number(answers[0]?.baseOffset);
    records.forEach((record, index) => this.written.set(`${partition}/${base + index}`, record));
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }
}
