import type { WasmInstance } from './wasm-instance.ts';

/** Fetched bytes are copied to the decoder so many at a time: few enough to be in the processor's cache when they are read. */
export const WINDOW_BYTES = 256 * 1024;
/** The decoder reads up to here beyond a record's end. */
const PADDING_BYTES = 32;

/** What the decoder sees of fetched bytes: a copy of a part of them, in its own memory. */
export class WasmWindow {
  readonly #instance: WasmInstance;
  #shown: Buffer | undefined;
  #start = 0;
  #end = 0;
  #shift = 0;

  constructor(instance: WasmInstance) {
    this.#instance = instance;
  }

  /** Up to where the bytes are seen. */
  get end(): number {
    return this.#end;
  }

  /** Has it see a part that fits in the window. @returns how far the decoder's places are from those in `buffer` */
  show(buffer: Buffer, start: number, end: number): number {
    if (buffer !== this.#shown || start < this.#start || end > this.#end) this.#copy(buffer, start, end);
    return this.#shift;
  }

  /** The same for a part of whatever length. */
  showFrom(buffer: Buffer, start: number): number {
    return this.show(buffer, start, Math.min(buffer.length, start + 1));
  }

  /** Has it see what begins at `start`, of the same bytes. @returns false where it sees no more of it by that */
  moveTo(start: number): boolean {
    const buffer = this.#shown;
    if (buffer === undefined || start === this.#start || this.#end === buffer.length) return false;
    this.#copy(buffer, start, start);
    return true;
  }

  /** With as much of what follows as there is room for. */
  #copy(buffer: Buffer, start: number, end: number): void {
    const { bytes, calls } = this.#instance;
    const place = calls.windowAt();
    this.#shown = buffer;
    this.#start = start;
    this.#end = Math.min(buffer.length, Math.max(end, start + WINDOW_BYTES));
    this.#shift = place - start;
    const behind = place + buffer.copy(bytes, place, start, this.#end);
    bytes.fill(0, behind, behind + PADDING_BYTES);
  }
}
