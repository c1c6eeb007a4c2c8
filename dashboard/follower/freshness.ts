import type { Quantiles } from '../api/wire.ts';

/** Neighbouring buckets differ by this factor: a quantile is right to within 2 %. */
const BUCKET_FACTOR = 1.04;
export const BUCKETS_PER_E = 1 / Math.log(BUCKET_FACTOR);

/** Slots of time that are counted apart, and so the coarseness of "the last minute". */
export const SLOT_MS = 5_000;
export const SLOTS_KEPT_MS = 3_600_000;

/** How many rows had each latency; a bucket is `floor(ln(latencyMs) * BUCKETS_PER_E)`, latencies below 1 ms being 1. */
export type LatencyCounts = ReadonlyMap<number, number>;

export function bucketOf(latencyMs: number): number {
  return Math.floor(Math.log(Math.max(1, latencyMs)) * BUCKETS_PER_E);
}

/** The middle of a bucket, in milliseconds. */
export function latencyOf(bucket: number): number {
  return Math.exp((bucket + 0.5) / BUCKETS_PER_E);
}

/** The same rows, `addedMs` later. */
export function delayed(counts: LatencyCounts, addedMs: number): LatencyCounts {
  const later = new Map<number, number>();
  for (const [bucket, count] of counts) add(later, bucketOf(latencyOf(bucket) + addedMs), count);
  return later;
}

/** Latencies of the last hour, by when they were measured. */
export class Freshness {
  readonly #slots = new Map<number, Map<number, number>>();

  add(atMs: number, counts: LatencyCounts): void {
    const slot = Math.floor(atMs / SLOT_MS);
    let kept = this.#slots.get(slot);
    if (kept === undefined) this.#slots.set(slot, (kept = new Map<number, number>()));
    for (const [bucket, count] of counts) add(kept, bucket, count);
  }

  forgetBefore(ms: number): void {
    for (const slot of this.#slots.keys()) {
      if ((slot + 1) * SLOT_MS <= ms) this.#slots.delete(slot);
    }
  }

  /** Median and 99th percentile of what was measured since; null where nothing was. */
  since(ms: number): Quantiles {
    const sum = new Map<number, number>();
    let total = 0;
    for (const [slot, counts] of this.#slots) {
      if ((slot + 1) * SLOT_MS <= ms) continue;
      for (const [bucket, count] of counts) {
        add(sum, bucket, count);
        total += count;
      }
    }
    const ordered = [...sum].sort(([a], [b]) => a - b);
    return { p50Ms: quantile(ordered, total, 0.5), p99Ms: quantile(ordered, total, 0.99) };
  }
}

function quantile(ordered: readonly (readonly [number, number])[], total: number, share: number): number | null {
  let left = Math.ceil(total * share);
  for (const [bucket, count] of ordered) {
    left -= count;
    if (left <= 0) return Math.round(latencyOf(bucket));
  }
  return null;
}

function add(counts: Map<number, number>, bucket: number, count: number): void {
  counts.set(bucket, (counts.get(bucket) ?? 0) + count);
}
