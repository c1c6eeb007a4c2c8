import { Kafka, logLevel } from 'kafkajs';
import { acceptableRecord, type FuzzedRecord, malformedRecord } from './fuzzed-record.ts';

const PARTITIONS = 3;
/** One record in so many is acceptable, so that the malformed ones have to be told apart from their neighbours. */
const ACCEPTABLE_EVERY = 11;
/** Records of one partition that are sent together; a multiple of the above. */
const RECORDS_PER_SEND = 550;

/** Malformed records on a real topic, known again by where they came to lie. */
export class FuzzedTopic {
  /** What all records carry as Kafka's timestamp, and their event times are made from. */
  readonly nowMs: number;
  readonly #seed: string;
  /** By partition: the number of the first record of each send. */
  readonly #sends: readonly number[][] = Array.from({ length: PARTITIONS }, () => []);

  private constructor(seed: string, nowMs: number) {
    this.#seed = seed;
    this.nowMs = nowMs;
  }

  /** Fills an empty topic with at least so many malformed records, by kafkajs, which has nothing to do with our own client. */
  static async fill(
    brokers: readonly string[],
    topic: string,
    { seed, malformed }: { readonly seed: string; readonly malformed: number },
  ): Promise<FuzzedTopic> {
    const fuzzed = new FuzzedTopic(seed, Date.now());
    const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({ idempotent: true });
    await producer.connect();
    const timestamp = String(fuzzed.nowMs);
    for (let number = 0; number * (1 - 1 / ACCEPTABLE_EVERY) < malformed; number += RECORDS_PER_SEND) {
      const partition = (number / RECORDS_PER_SEND) % PARTITIONS;
      const messages = Array.from({ length: RECORDS_PER_SEND }, (_, index) => {
        const { key, value } = fuzzed.#record(number + index);
        return { key, value, partition, timestamp };
      });
      const [answer] = await producer.send({ topic, acks: -1, messages });
      const sends = fuzzed.#sends[partition] ?? [];
      if (Number(answer?.baseOffset) !== sends.length * RECORDS_PER_SEND) throw new Error(`${topic} was not empty`);
      sends.push(number);
    }
    await producer.disconnect();
    return fuzzed;
  }

  /** By partition: the offset after its last record. */
  get ends(): readonly number[] {
    return this.#sends.map((sends) => sends.length * RECORDS_PER_SEND);
  }

  /** The record of an offset, with its number; undefined where none was sent. */
  recordAt(partition: number, offset: number): (FuzzedRecord & { readonly number: number }) | undefined {
    const first = this.#sends[partition]?.[Math.floor(offset / RECORDS_PER_SEND)];
    if (first === undefined) return undefined;
    const number = first + (offset % RECORDS_PER_SEND);
    return { ...this.#record(number), number };
  }

  #record(number: number): FuzzedRecord {
    const make = number % ACCEPTABLE_EVERY === 0 ? acceptableRecord : malformedRecord;
    return make(this.#seed, number, this.nowMs);
  }
}
