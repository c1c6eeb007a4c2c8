/**
 * Up to when each Kafka partition's rows are known to be here. A pipeline that is late must not look like servers that are
 * silent: what was sent may still wait in Kafka. Only where all that Kafka held at some moment is committed, the clock
 * counts; else the newest row of the partition does.
 */
export class Completeness {
  readonly #byPartition = new Map<number, number>();

  /** A committed row. */
  sawRow(partition: number, eventTimeMs: number): void {
    this.#raise(partition, eventTimeMs);
  }

  /** Kafka's ends as they were asked for at that time, against what is committed now. */
  sawEnds(askedAtMs: number, lastStable: ReadonlyMap<number, bigint>, committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, end] of lastStable) {
      if (this.#byPartition.has(partition) && (committed.get(partition) ?? 0n) >= end)
        this.#raise(partition, askedAtMs);
    }
  }

  of(partition: number): number | undefined {
    return this.#byPartition.get(partition);
  }

  /** The partition that is furthest behind. */
  get worst(): { readonly partition: number; readonly toMs: number } | undefined {
    let worst: { partition: number; toMs: number } | undefined;
    for (const [partition, toMs] of this.#byPartition) {
      if (worst === undefined || toMs < worst.toMs) worst = { partition, toMs };
    }
    return worst;
  }

  #raise(partition: number, ms: number): void {
    if (ms > (this.#byPartition.get(partition) ?? 0)) this.#byPartition.set(partition, ms);
  }
}
