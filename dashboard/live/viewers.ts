/** Streams open at once at most. */
export const MAX_VIEWERS = 256;
/** Bytes that may wait for a slow viewer, beyond what one snapshot is; past it the stream ends, and the viewer resumes. */
export const MAX_WAITING_BYTES = 24 * 1024 * 1024;

/** What a viewer's connection must be able to do; an HTTP response is one. */
export interface Viewer {
  readonly writableLength: number;
  write(frame: Buffer): unknown;
  destroy(): unknown;
}

/** Everybody who watches. Each frame is made once and given to all. */
export class Viewers {
  readonly #viewers = new Set<Viewer>();

  get count(): number {
    return this.#viewers.size;
  }

  get full(): boolean {
    return this.#viewers.size >= MAX_VIEWERS;
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
  }

  remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  send(frame: Buffer): void {
    for (const viewer of this.#viewers) {
      if (viewer.writableLength > MAX_WAITING_BYTES) {
        this.#viewers.delete(viewer);
        viewer.destroy();
      } else {
        viewer.write(frame);
      }
    }
  }

  closeAll(): void {
    for (const viewer of this.#viewers) viewer.destroy();
    this.#viewers.clear();
  }
}
