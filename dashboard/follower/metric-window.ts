import { CHARTED_COLUMNS } from './health-columns.ts';

/** The finest that any chart or small line shows; their buckets are multiples of it. */
export const BUCKET_MS = 5_000;
/** How long figures stay in memory. */
export const MEMORY_KEEP_MS = 3_600_000;
/** Bytes kept at most: an hour of 6,500 servers. Past it the oldest buckets go, and are read from files when asked for. */
export const MEMORY_MAX_BYTES = 512 * 1024 * 1024;
/** Servers whose figures are kept at most. */
export const MAX_HOSTS = 20_000;

const WIDTH = CHARTED_COLUMNS.length;
const COLUMN_OF = new Map(CHARTED_COLUMNS.map(({ name }, column) => [name, column]));
const BYTES_PER_HOST = WIDTH * (Float32Array.BYTES_PER_ELEMENT + Uint8Array.BYTES_PER_ELEMENT);
/** Hosts that a new bucket has room for at least. */
const MIN_CAPACITY = 64;

/** One bucket of one server: its start, and the means of its rows by API name. */
export interface BucketMeans {
  readonly timeMs: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** A column of some rows, as the reader has it. */
export interface Vector {
  getItem(row: number): unknown;
}

/** Sums and counts of each host's values, host by host in the order of CHARTED_COLUMNS. A mean is of 255 values at most. */
interface Bucket {
  capacity: number;
  sums: Float32Array;
  counts: Uint8Array;
}

/** The last hour of every server's figures in buckets of a few seconds: a row costs a few additions, and so does a chart. */
export class MetricWindow {
  readonly #slots = new Map<string, { readonly slot: number; newestMs: number }>();
  readonly #freeSlots: number[] = [];
  readonly #buckets = new Map<number, Bucket>();
  readonly #maxBytes: number;
  #sizeBytes = 0;
  /** The bucket that the last row went into: most rows follow one of their own time. */
  #last: { readonly startMs: number; readonly bucket: Bucket } | undefined;

  constructor(maxBytes = MEMORY_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Whether older rows would soon push out newer ones. */
  get nearlyFull(): boolean {
    return this.#sizeBytes > this.#maxBytes * 0.9;
  }

  /** Start of the oldest bucket; undefined while there is none. */
  get oldestMs(): number | undefined {
    return this.#buckets.size === 0 ? undefined : Math.min(...this.#buckets.keys());
  }

  /** Takes a row in, whose values are at `row` of columns in the order of CHARTED_COLUMNS. */
  add(host: string, timeMs: number, columns: readonly Vector[], row: number): void {
    const startMs = Math.floor(timeMs / BUCKET_MS) * BUCKET_MS;
    const slot = this.#slotOf(host, startMs);
    if (slot === undefined) return;
    const { sums, counts } = this.#bucketFor(startMs, slot);
    let cell = slot * WIDTH;
    for (const column of columns) {
      const value = column.getItem(row);
      const count = counts[cell] ?? 0;
      if (typeof value === 'number' && Number.isFinite(value) && count < 0xff) {
        sums[cell] = (sums[cell] ?? 0) + value;
        counts[cell] = count + 1;
      }
      cell += 1;
    }
  }

  /** Means of one server's rows from one multiple of `bucketMs` to another; only buckets that have values. */
  means(host: string, fromMs: number, toMs: number, bucketMs: number): BucketMeans[] {
    const known = this.#slots.get(host);
    const oldestMs = this.oldestMs;
    if (known === undefined || oldestMs === undefined) return [];
    const found: BucketMeans[] = [];
    const firstMs = Math.max(fromMs, Math.floor(oldestMs / bucketMs) * bucketMs);
    for (let timeMs = firstMs; timeMs < toMs; timeMs += bucketMs) {
      const parts = this.#within(timeMs, bucketMs);
      if (parts.length === 0) continue;
      const means = CHARTED_COLUMNS.map(({ name }, column) => [name, meanOf(parts, known.slot, column)] as const);
      if (means.some(([, mean]) => mean !== null)) found.push({ timeMs, values: Object.fromEntries(means) });
    }
    return found;
  }

  /** One figure's means of some servers, oldest first; null where a bucket has none. */
  lines(
    hosts: Iterable<string>,
    name: string,
    { fromMs, bucketMs, buckets }: { readonly fromMs: number; readonly bucketMs: number; readonly buckets: number },
    round: (mean: number) => number,
  ): Record<string, (number | null)[]> {
    const column = COLUMN_OF.get(name) ?? 0;
    const steps = Array.from({ length: buckets }, (_, step) => this.#within(fromMs + step * bucketMs, bucketMs));
    const lines: Record<string, (number | null)[]> = {};
    for (const host of hosts) {
      const slot = this.#slots.get(host)?.slot;
      lines[host] = steps.map((parts) => (slot === undefined ? null : meanOf(parts, slot, column, round)));
    }
    return lines;
  }

  /** Drops what is too old, and the oldest of what is too much. */
  trim(beforeMs: number): void {
    for (const startMs of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      const tooOld = startMs + BUCKET_MS <= beforeMs;
      const tooMuch = this.#sizeBytes > this.#maxBytes && this.#buckets.size > 1;
      if (!tooOld && !tooMuch) break;
      this.#sizeBytes -= (this.#buckets.get(startMs)?.capacity ?? 0) * BYTES_PER_HOST;
      this.#buckets.delete(startMs);
    }
    this.#last = undefined;
    const oldestMs = this.oldestMs ?? Number.POSITIVE_INFINITY;
    for (const [host, { slot, newestMs }] of this.#slots) {
      if (newestMs >= oldestMs) continue;
      this.#slots.delete(host);
      this.#freeSlots.push(slot);
    }
  }

  /** A host's place in every bucket; none where there are too many hosts. */
  #slotOf(host: string, startMs: number): number | undefined {
    let known = this.#slots.get(host);
    if (known === undefined) {
      if (this.#slots.size >= MAX_HOSTS) return undefined;
      known = { slot: this.#freeSlots.pop() ?? this.#slots.size, newestMs: startMs };
      this.#slots.set(host, known);
    }
    if (startMs > known.newestMs) known.newestMs = startMs;
    return known.slot;
  }

  #bucketFor(startMs: number, slot: number): Bucket {
    let bucket = this.#last?.startMs === startMs ? this.#last.bucket : this.#buckets.get(startMs);
    if (bucket === undefined) {
      bucket = { capacity: 0, sums: new Float32Array(), counts: new Uint8Array() };
      this.#buckets.set(startMs, bucket);
    }
    if (slot >= bucket.capacity) this.#grow(bucket, slot);
    this.#last = { startMs, bucket };
    return bucket;
  }

  /** Gives a bucket room for that slot, and for all hosts that are known. */
  #grow(bucket: Bucket, slot: number): void {
    const { sums, counts, capacity } = bucket;
    bucket.capacity = Math.max(MIN_CAPACITY, this.#slots.size, Math.ceil(slot * 1.5) + 1);
    bucket.sums = new Float32Array(bucket.capacity * WIDTH);
    bucket.counts = new Uint8Array(bucket.capacity * WIDTH);
    bucket.sums.set(sums);
    bucket.counts.set(counts);
    this.#sizeBytes += (bucket.capacity - capacity) * BYTES_PER_HOST;
  }

  #within(fromMs: number, spanMs: number): Bucket[] {
    const found: Bucket[] = [];
    for (let startMs = fromMs; startMs < fromMs + spanMs; startMs += BUCKET_MS) {
      const bucket = this.#buckets.get(startMs);
      if (bucket !== undefined) found.push(bucket);
    }
    return found;
  }
}

function meanOf(parts: readonly Bucket[], slot: number, column: number, round = shown): number | null {
  const cell = slot * WIDTH + column;
  let [sum, count] = [0, 0];
  for (const { sums, counts } of parts) {
    sum += sums[cell] ?? 0;
    count += counts[cell] ?? 0;
  }
  return count === 0 ? null : round(sum / count);
}

/** Rounded to what a chart can show. */
export function shown(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Math.round(value * 100) / 100;
}
