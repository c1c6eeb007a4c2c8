import { setTimeout as sleep } from 'node:timers/promises';
import { healthRecord } from '../health-records.ts';
import type { TopicWriter } from '../topic-writer.ts';

const EVERY_MS = 100;
const PARTITIONS = 3;
const BAD_EVERY = 20;

/** A steady stream of records onto a topic, one in twenty of them bad, whatever befalls the rest. */
export class Load {
  readonly #writer: TopicWriter;
  readonly #recordsAtOnce: number;
  #mark = 0;
  #stopping = false;
  #running: Promise<void> = Promise.resolve();

  constructor(writer: TopicWriter, recordsAtOnce: number) {
    this.#writer = writer;
    this.#recordsAtOnce = recordsAtOnce;
  }

  get records(): number {
    return this.#writer.written.size;
  }

  start(): void {
    this.#stopping = false;
    this.#running = this.#run();
    // Seen where it is waited for.
    this.#running.catch(() => undefined);
  }

  /** All that was begun is on the topic, and known to be. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const records = Array.from({ length: this.#recordsAtOnce }, () => {
        this.#mark += 1;
        return healthRecord(this.#mark, this.#mark % BAD_EVERY === 0);
      });
      await this.#writer.write(Math.floor(Math.random() * PARTITIONS), records);
      await sleep(EVERY_MS);
    }
  }
}
