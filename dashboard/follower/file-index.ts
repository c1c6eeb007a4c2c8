import type { Action, AddFile } from '../../lake/log/actions.ts';
import { decodedPath } from '../../plans/file-place.ts';
import { HourIndex } from './hour-index.ts';
import { type IndexedFile, indexedFile } from './indexed-file.ts';

/** The live files of a table by event time, kept from the log alone. */
export class FileIndex {
  rowsTotal = 0;
  sizeTotalBytes = 0;
  readonly hours: HourIndex;
  readonly #files = new Map<string, IndexedFile>();
  readonly #timeColumn: string;

  /** @param settleMs how long after its end an hour still fills */
  constructor(timeColumn: string, settleMs = 0) {
    this.#timeColumn = timeColumn;
    this.hours = new HourIndex(settleMs);
  }

  get size(): number {
    return this.#files.size;
  }

  apply(actions: readonly Action[]): void {
    // First what comes: an hour whose files are all replaced is the same hour.
    for (const { add } of actions) if (add) this.#put(indexedFile(add, this.#timeColumn));
    for (const { remove } of actions) if (remove) this.#drop(decodedPath(remove.path));
  }

  putAll(adds: Iterable<AddFile>): void {
    for (const add of adds) this.#put(indexedFile(add, this.#timeColumn));
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Files that may hold rows of that time, newest first. */
  overlapping(fromMs: number, toMs: number): IndexedFile[] {
    const found = [...this.#files.values()].filter((file) => file.maxTimeMs >= fromMs && file.minTimeMs < toMs);
    return found.sort((a, b) => b.maxTimeMs - a.maxTimeMs);
  }

  /** The newest event time of all files that is not after `limitMs`, or undefined where there is none. */
  newestTimeMs(limitMs: number): number | undefined {
    let newest: number | undefined;
    for (const file of this.#files.values()) {
      if (file.minTimeMs > limitMs) continue;
      newest = Math.max(newest ?? 0, Math.min(file.maxTimeMs, limitMs));
    }
    return newest;
  }

  #put(file: IndexedFile): void {
    this.#drop(file.path);
    this.#files.set(file.path, file);
    this.rowsTotal += file.rows;
    this.sizeTotalBytes += file.sizeBytes;
    this.hours.add(file);
  }

  #drop(path: string): void {
    const known = this.#files.get(path);
    if (known === undefined) return;
    this.#files.delete(path);
    this.rowsTotal -= known.rows;
    this.sizeTotalBytes -= known.sizeBytes;
    this.hours.drop(known);
  }
}
