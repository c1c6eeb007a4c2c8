import type { Action, AddFile } from '../../lake/log/actions.ts';
import { FORM_TAG } from '../../plans/compaction.ts';
import { decodedPath, placeOf } from '../../plans/file-place.ts';
import { HourIndex } from './hour-index.ts';

/** A live file, as far as its statistics tell. */
export interface IndexedFile {
  /** Relative to the table's folder, decoded. */
  readonly path: string;
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly partitionValues: Readonly<Record<string, string>>;
  /** When it was written. */
  readonly addedAtMs: number;
  /** Rows came with it; a rewrite's were in the table before. */
  readonly fromBatch: boolean;
  /** Kept with it in the log. */
  readonly tags?: Readonly<Record<string, string>>;
  /** What a rewrite made it for: `merged` or `final`. */
  readonly form: string | undefined;
}

interface Statistics {
  readonly numRecords: number;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
}

/** A log entry's file by its statistics; without them it could hold any time. */
export function indexedFile(add: AddFile, timeColumn: string): IndexedFile {
  const statistics = add.stats === undefined ? undefined : (JSON.parse(add.stats) as Statistics);
  const path = decodedPath(add.path);
  return {
    path,
    minTimeMs: timeOf(statistics?.minValues?.[timeColumn]) ?? 0,
    maxTimeMs: timeOf(statistics?.maxValues?.[timeColumn]) ?? Number.MAX_SAFE_INTEGER,
    rows: statistics?.numRecords ?? 0,
    sizeBytes: add.size,
    partitionValues: add.partitionValues,
    addedAtMs: add.modificationTime,
    fromBatch: placeOf(path)?.kind !== 'rewrite',
    form: add.tags?.[FORM_TAG],
    ...(add.tags === undefined ? {} : { tags: add.tags }),
  };
}

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

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
