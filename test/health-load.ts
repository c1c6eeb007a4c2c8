import { healthRecord, type TestRecord } from './health-records.ts';
import { TopicWriter } from './topic-writer.ts';

export interface LoadShape {
  /** Of so many records the first is bad. */
  readonly badEvery: number;
  readonly messagesPerSend: number;
  /** Those of the topic; each send goes to the next. */
  readonly partitions: number;
}

/** Health records for a topic, numbered from 1, every kind of bad ones among them. */
export class HealthLoad {
  readonly #writer: TopicWriter;
  readonly #shape: LoadShape;
  #mark = 0;

  private constructor(writer: TopicWriter, shape: LoadShape) {
    this.#writer = writer;
    this.#shape = shape;
  }

  static async open(brokers: readonly string[], topic: string, shape: LoadShape): Promise<HealthLoad> {
    return new HealthLoad(await TopicWriter.open(brokers, topic), shape);
  }

  /** By `partition/offset`. */
  get written(): ReadonlyMap<string, TestRecord> {
    return this.#writer.written;
  }

  /** The mark of each record that becomes a row, by `partition/offset`. */
  get rows(): Map<string, number> {
    const good = [...this.written].filter(([, { rejectedFor }]) => rejectedFor === undefined);
    return new Map(good.map(([position, { mark }]) => [position, mark]));
  }

  async write(count: number): Promise<void> {
    const { badEvery, messagesPerSend, partitions } = this.#shape;
    for (let sent = 0; sent < count; sent += messagesPerSend) {
      const records = Array.from({ length: Math.min(messagesPerSend, count - sent) }, () => {
        this.#mark += 1;
        return healthRecord(this.#mark, this.#mark % badEvery === 1);
      });
      await this.#writer.write(Math.floor(sent / messagesPerSend) % partitions, records);
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }
}
