/** Memory is asked for in slabs of this size; a larger piece gets one of its own. */
export const SLAB_BYTES = 4 * 1024 ** 2;
/** Slabs that are kept for the next batch: as much as one batch may have in memory (PLAIN_ROWS_MAX_BYTES). */
export const MAX_FREE_SLABS = 32;

/** Where bytes lie. */
export interface Piece {
  readonly memory: ArrayBuffer;
  readonly start: number;
}

/**
 * Memory for what batches keep, used again by the next one. New memory for each would be counted by V8 as garbage to look for,
 * and zeroed by the kernel.
 */
export class SlabMemory {
  readonly #free: ArrayBuffer[] = [];

  get freeSlabs(): number {
    return this.#free.length;
  }

  take(sizeBytes: number): ArrayBuffer {
    if (sizeBytes > SLAB_BYTES) return new ArrayBuffer(sizeBytes);
    return this.#free.pop() ?? new ArrayBuffer(SLAB_BYTES);
  }

  giveBack(slab: ArrayBuffer): void {
    if (slab.byteLength === SLAB_BYTES && this.#free.length < MAX_FREE_SLABS) this.#free.push(slab);
    else slab.transfer(0);
  }
}

/** Pieces of slabs, given back all at once. */
export class Pieces {
  readonly #memory: SlabMemory;
  readonly #slabs: ArrayBuffer[] = [];
  /** Of the last slab. */
  #usedBytes = 0;

  constructor(memory: SlabMemory) {
    this.#memory = memory;
  }

  copy(bytes: Uint8Array): Piece {
    const { byteLength } = bytes;
    let slab = this.#slabs.at(-1);
    if (slab === undefined || this.#usedBytes + byteLength > slab.byteLength) {
      slab = this.#memory.take(byteLength);
      this.#slabs.push(slab);
      this.#usedBytes = 0;
    }
    const start = this.#usedBytes;
    new Uint8Array(slab, start, byteLength).set(bytes);
    this.#usedBytes += byteLength;
    return { memory: slab, start };
  }

  /** No piece may be used any more. */
  free(): void {
    for (const slab of this.#slabs.splice(0)) this.#memory.giveBack(slab);
  }
}
