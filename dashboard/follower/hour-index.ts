import { lateRowsOf } from '../../plans/late-rows.ts';
import { partitionEndMs } from '../../plans/partition-time.ts';
import type { IndexedFile } from './indexed-file.ts';

/** What the live files of one of the table's partitions add up to. */
export interface IndexedHour {
  /** The partition's values: `dt`, and `hour` where the table has it. */
  readonly values: Readonly<Record<string, string>>;
  readonly endMs: number;
  rows: number;
  files: number;
  sizeBytes: number;
  /** Files as batches wrote them, not yet rewritten. */
  batchFiles: number;
  /** Rows that batches brought after the hour had settled, rewritten since or not. */
  lateRows: number;
  /** Files in their final form. */
  finalFiles: number;
  /** When the newest row came, and when a rewrite last wrote here; as far as live files tell. */
  lastBatchAtMs: number | null;
  lastRewriteAtMs: number | null;
}

/** The table's partitions by event time, kept from what each commit adds and removes. */
export class HourIndex {
  readonly #hours = new Map<string, IndexedHour>();
  readonly #settleMs: number;

  /** @param settleMs how long after its end an hour still fills; rows that come later are late */
  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  add(file: IndexedFile): void {
    const hour = this.#hourOf(file);
    if (hour === undefined) return;
    this.#count(hour, file, 1);
    const at = file.fromBatch ? 'lastBatchAtMs' : 'lastRewriteAtMs';
    hour[at] = Math.max(hour[at] ?? 0, file.addedAtMs);
  }

  drop(file: IndexedFile): void {
    const hour = this.#hours.get(keyOf(file.partitionValues));
    if (hour === undefined) return;
    this.#count(hour, file, -1);
    if (hour.files === 0) this.#hours.delete(keyOf(file.partitionValues));
  }

  /** Partitions that end in that time, oldest first. */
  between(fromMs: number, toMs: number): IndexedHour[] {
    const found = [...this.#hours.values()].filter(({ endMs }) => endMs > fromMs && endMs <= toMs);
    return found.sort((a, b) => a.endMs - b.endMs);
  }

  /** Where the oldest and the newest partition end; undefined where there is none. */
  get span(): { readonly fromEndMs: number; readonly toEndMs: number } | undefined {
    let span: { fromEndMs: number; toEndMs: number } | undefined;
    for (const { endMs } of this.#hours.values()) {
      span = {
        fromEndMs: Math.min(span?.fromEndMs ?? endMs, endMs),
        toEndMs: Math.max(span?.toEndMs ?? endMs, endMs),
      };
    }
    return span;
  }

  #hourOf({ partitionValues }: IndexedFile): IndexedHour | undefined {
    const key = keyOf(partitionValues);
    const known = this.#hours.get(key);
    if (known !== undefined) return known;
    const endMs = partitionEndMs(partitionValues);
    if (endMs === undefined) return undefined;
    const hour = { ...EMPTY, values: partitionValues, endMs };
    this.#hours.set(key, hour);
    return hour;
  }

  #count(hour: IndexedHour, file: IndexedFile, sign: 1 | -1): void {
    hour.files += sign;
    hour.rows += sign * file.rows;
    hour.sizeBytes += sign * file.sizeBytes;
    if (file.form === 'final') hour.finalFiles += sign;
    hour.lateRows += sign * lateRowsOf(file, this.#settleMs);
    if (file.fromBatch) hour.batchFiles += sign;
  }
}

const EMPTY = {
  rows: 0,
  files: 0,
  sizeBytes: 0,
  batchFiles: 0,
  lateRows: 0,
  finalFiles: 0,
  lastBatchAtMs: null,
  lastRewriteAtMs: null,
};

function keyOf(values: IndexedFile['partitionValues']): string {
  return `${values['dt'] ?? ''}/${values['hour'] ?? ''}`;
}
