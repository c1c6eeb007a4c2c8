import type { OffsetSource } from '../../dashboard/follower/partition-lag.ts';
import type { PartitionOffsets } from '../../kafka/partition-offsets.ts';
import type { TableWriter } from './table-writer.ts';

/** The topic that a TableWriter's rows would have come from: it holds what is committed, and as many more as a test says. */
export class CommittedTopic implements OffsetSource {
  /** Records of each partition that wait to be committed. */
  waiting = 0n;
  readonly #writer: TableWriter;

  constructor(writer: TableWriter) {
    this.#writer = writer;
  }

  async offsets(): Promise<Map<number, PartitionOffsets>> {
    const offsets = new Map<number, PartitionOffsets>();
    for (const { appId, version } of this.#writer.log.snapshot.transactions.values()) {
      const partition = Number(appId.split('/')[2] ?? Number.NaN);
      const lastStable = BigInt(version) + this.waiting;
      if (!Number.isNaN(partition)) offsets.set(partition, { earliest: 0n, lastStable });
    }
    return Promise.resolve(offsets);
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}
