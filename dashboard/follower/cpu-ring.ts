/** One server's CPU of the last ten minutes, as small as a line of a few pixels needs it. */
export class CpuRing {
  static readonly bucketMs = 15_000;
  static readonly buckets = 40;

  readonly #starts = new Float64Array(CpuRing.buckets);
  readonly #sums = new Float32Array(CpuRing.buckets);
  readonly #counts = new Uint16Array(CpuRing.buckets);

  static bucketStart(ms: number): number {
    return Math.floor(ms / CpuRing.bucketMs) * CpuRing.bucketMs;
  }

  add(timeMs: number, cpuPct: number | null): void {
    if (cpuPct === null) return;
    const slot = this.#slot(timeMs);
    if (slot === undefined || this.#counts[slot] === 0xffff) return;
    this.#sums[slot] = (this.#sums[slot] ?? 0) + cpuPct;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** Replaces a whole bucket by its mean. */
  fill(startMs: number, cpuPct: number): void {
    const slot = this.#slot(startMs);
    if (slot === undefined) return;
    this.#sums[slot] = cpuPct;
    this.#counts[slot] = 1;
  }

  /** Means in whole per cent, oldest first, ending with the bucket that starts there. */
  until(lastBucketMs: number): (number | null)[] {
    return Array.from({ length: CpuRing.buckets }, (_, index) => {
      const startMs = lastBucketMs - (CpuRing.buckets - 1 - index) * CpuRing.bucketMs;
      const slot = (startMs / CpuRing.bucketMs) % CpuRing.buckets;
      const count = this.#counts[slot] ?? 0;
      return count > 0 && this.#starts[slot] === startMs ? Math.round((this.#sums[slot] ?? 0) / count) : null;
    });
  }

  /** The slot of that time, emptied where it held an older bucket; none for a time older than the slot's. */
  #slot(timeMs: number): number | undefined {
    const startMs = CpuRing.bucketStart(timeMs);
    const slot = (startMs / CpuRing.bucketMs) % CpuRing.buckets;
    const held = this.#starts[slot] ?? 0;
    if (held > startMs) return undefined;
    if (held < startMs) {
      this.#starts[slot] = startMs;
      this.#sums[slot] = 0;
      this.#counts[slot] = 0;
    }
    return slot;
  }
}
