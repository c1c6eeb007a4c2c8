import { decodedPath, placeOf } from './file-place.ts';
import type { PartitionValues } from './partition-name.ts';
import { partitionEndMs } from './partition-time.ts';

/** Kept with a rewritten file in the log: how many of the rows that it was made of had come late. */
export const LATE_TAG = 'sluice.late';

/** A live file, as the log has it. */
export interface ArrivedFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly rows: number;
  /** When its entry was written. */
  readonly addedAtMs: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Rows of a file that came late: after its partition had been sealed. Those of a batch all came with its entry; a rewrite says
 * of its files how many there were in those that it took.
 * @param sealAfterMs how long after its end a partition still fills
 */
export function lateRowsOf({ path, partitionValues, rows, addedAtMs, tags }: ArrivedFile, sealAfterMs: number): number {
  if (placeOf(decodedPath(path))?.kind === 'rewrite') return Math.min(rows, Number(tags?.[LATE_TAG] ?? 0));
  const endMs = partitionEndMs(partitionValues);
  return endMs !== undefined && addedAtMs >= endMs + sealAfterMs ? rows : 0;
}

/**
 * Shares a partition's late rows out to the files that replace it, none more than it has rows. A backfill that leaves fewer rows
 * than came late leaves no more of them.
 */
export function shareLateRows(lateRows: number, fileRows: readonly number[]): number[] {
  let left = lateRows;
  return fileRows.map((rows) => {
    const share = Math.min(left, rows);
    left -= share;
    return share;
  });
}
