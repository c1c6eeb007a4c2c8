import type { CompactionFile } from '../plans/compaction.ts';
import { rowCountOf, type Snapshot } from './log/snapshot.ts';

/** A snapshot's live files, as compaction is planned from them. */
export function compactionFiles(snapshot: Snapshot): CompactionFile[] {
  return [...snapshot.files.values()].map((file) => ({
    path: file.path,
    partitionValues: file.partitionValues,
    rows: rowCountOf(file),
    sizeBytes: file.size,
    ...(file.tags === undefined ? {} : { tags: file.tags }),
  }));
}
