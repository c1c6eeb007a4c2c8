import type { AddFile } from '../../lake/log/actions.ts';
import { FORM_TAG } from '../../plans/compaction.ts';
import { decodedPath, placeOf } from '../../plans/file-place.ts';

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

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
