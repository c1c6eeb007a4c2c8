/**
 * Bytes that the ranges of one batch may bring into memory, together. The first record batch is always within it, however
 * large, so that every read comes further.
 */
export class ReadBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;
  #isExceeded = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True once a record batch did not fit any more: then reading ends. */
  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether a record batch of this size still fits; it counts if so. */
  admits(sizeBytes: number): boolean {
    if (this.#isExceeded) return false;
    if (this.#usedBytes > 0 && this.#usedBytes + sizeBytes > this.#maxBytes) {
      this.#isExceeded = true;
      return false;
    }
    this.#usedBytes += sizeBytes;
    return true;
  }
}
