import { closeSync, openSync, readdirSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NEWLINE } from './lines.ts';

/** One file of the spool. Its name is the position of its first byte in everything ever spooled in its folder. */
export class Segment {
  readonly base: number;
  readonly #path: string;
  #bytes: number;

  constructor(folder: string, base: number, bytes = 0) {
    this.base = base;
    this.#path = join(folder, `${String(base).padStart(16, '0')}.ndjson`);
    this.#bytes = bytes;
  }

  /** The segments in a folder, oldest first. A last line that was torn by the end of its writer is cut off. */
  static in(folder: string): Segment[] {
    const segments = readdirSync(folder)
      .map((name) => /^(\d{16})\.ndjson$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .sort()
      .map((digits) => new Segment(folder, Number(digits), statSync(join(folder, `${digits}.ndjson`)).size));
    segments.at(-1)?.cutTornLine();
    return segments;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get end(): number {
    return this.base + this.#bytes;
  }

  append(bytes: Buffer): void {
    const file = openSync(this.#path, 'a');
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    } catch (thrown) {
      truncateSync(this.#path, this.#bytes); // a full disk may have taken part of a line
      throw thrown;
    } finally {
      closeSync(file);
    }
    this.#bytes += bytes.length;
  }

  /** What lies between two positions, as far as it lies in this segment. */
  read(from: number, end: number): Buffer {
    const start = Math.max(from, this.base);
    const length = Math.min(end, this.end) - start;
    if (length <= 0) return Buffer.alloc(0);
    const bytes = Buffer.alloc(length);
    const file = openSync(this.#path, 'r');
    try {
      return bytes.subarray(0, readSync(file, bytes, 0, length, start - this.base));
    } finally {
      closeSync(file);
    }
  }

  cutTornLine(): void {
    const whole = this.read(this.base, this.end).lastIndexOf(NEWLINE) + 1;
    if (whole === this.#bytes) return;
    truncateSync(this.#path, whole);
    this.#bytes = whole;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
  }
}
