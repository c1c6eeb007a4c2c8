import { SluiceError } from '../../../errors/sluice-error.ts';
import type { KafkaCluster, TopicDescription, TopicOffsets } from '../../../kafka/cluster.ts';
import type { PartitionOffsets } from '../../../kafka/partition-offsets.ts';
import type { SimulatedProcess } from '../world/process.ts';

/** Hours that records' event times lie in. */
export const HOURS = 24;

/** A record: which hour its event time lies in, and whether a table can hold it. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  readonly hour: number;
  readonly bad: boolean;
}

interface Partition {
  /** By offset; nothing where a transaction's marker, an aborted record or a compacted one was. */
  readonly records: (TopicRecord | undefined)[];
  lastStable: number;
  /** The first offset that is still held. */
  earliest: number;
}

/** One topic: partitions whose ends grow, with offsets that no record has. */
export class MemoryTopic {
  readonly name: string;
  readonly topicId: string;
  readonly #partitions: Partition[] = [];

  constructor(name: string, partitions: number) {
    this.name = name;
    this.topicId = `id-of-${name}`;
    for (let count = 0; count < partitions; count += 1) this.addPartition();
  }

  addPartition(): void {
    this.#partitions.push({ records: [], lastStable: 0, earliest: 0 });
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  append(partition: number, record: Pick<TopicRecord, 'hour' | 'bad'>): void {
    const { records } = this.#at(partition);
    records.push({ partition, offset: records.length, ...record });
  }

  /** An offset that no reader will find a record at. */
  skip(partition: number): void {
    this.#at(partition).records.push(undefined);
  }

  /** Takes back what an open transaction wrote. */
  abort(partition: number): void {
    const { records, lastStable } = this.#at(partition);
    for (let offset = lastStable; offset < records.length; offset += 1) records[offset] = undefined;
    this.skip(partition);
    this.commit(partition);
  }

  /** What has been appended can be read from now on. */
  commit(partition: number): void {
    const found = this.#at(partition);
    found.lastStable = found.records.length;
  }

  /** Retention has come as far as this offset: nobody can read what lies before it any more. */
  expire(partition: number, before: number): void {
    const found = this.#at(partition);
    found.earliest = Math.max(found.earliest, Math.min(before, found.lastStable));
  }

  /** Whether all of a range is there to be read. */
  holds(partition: number, start: number): boolean {
    return start >= this.#at(partition).earliest;
  }

  offsets(): Map<number, PartitionOffsets> {
    return new Map(
      this.#partitions.map(({ lastStable, earliest }, partition) => [
        partition,
        { earliest: BigInt(earliest), lastStable: BigInt(lastStable) },
      ]),
    );
  }

  /** The records that were ever there in a range: `end` is exclusive. */
  read(partition: number, start: number, end: number): TopicRecord[] {
    return this.#at(partition)
      .records.slice(start, end)
      .filter((record) => record !== undefined);
  }

  #at(partition: number): Partition {
    const found = this.#partitions[partition];
    if (found === undefined) throw new Error(`${this.name} has no partition ${partition}`);
    return found;
  }
}

/** All topics, as one process asks about them. */
export class MemoryCluster implements TopicOffsets, Pick<KafkaCluster, 'offsetsSince'> {
  readonly #process: SimulatedProcess;
  readonly #topics: ReadonlyMap<string, MemoryTopic>;

  constructor(process: SimulatedProcess, topics: ReadonlyMap<string, MemoryTopic>) {
    this.#process = process;
    this.#topics = topics;
  }

  async describeTopic(topic: string): Promise<TopicDescription> {
    return this.#process.step({
      label: `describe topic ${topic}`,
      changes: false,
      effect: () => ({ topic, topicId: this.#topic(topic).topicId, partitions: [] }),
      failure: unreachable,
    });
  }

  async offsets(topic: string): Promise<Map<number, PartitionOffsets>> {
    return this.#process.step({
      label: `ask for the offsets of ${topic}`,
      changes: false,
      effect: () => this.#topic(topic).offsets(),
      outcome: (offsets) => [...offsets].map(([partition, { lastStable }]) => `${partition}: ${lastStable}`).join(', '),
      failure: unreachable,
    });
  }

  offsetsSince(): Promise<Map<number, bigint | undefined>> {
    return Promise.reject(new Error('simulated records have no timestamps'));
  }

  #topic(name: string): MemoryTopic {
    const found = this.#topics.get(name);
    if (found === undefined) throw new Error(`there is no topic ${name}`);
    return found;
  }
}

export function unreachable(): SluiceError {
  return new SluiceError('KAFKA_UNREACHABLE', 'No broker answers.');
}
