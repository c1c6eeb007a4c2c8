import type { DataFile } from '../../plans/batch.ts';
import type { Action, AddFile } from './actions.ts';

/** A written file as an action that makes it live. `dataChange` is false where its rows were in the table before. */
export function addAction(
  file: DataFile,
  nowMs: number,
  dataChange: boolean,
  tags?: Readonly<Record<string, string>>,
): Action {
  return {
    add: {
      path: encodeURI(file.path),
      partitionValues: file.partitionValues,
      size: file.sizeBytes,
      modificationTime: nowMs,
      dataChange,
      stats: file.stats,
      ...(tags === undefined ? {} : { tags }),
    },
  };
}

/** An action that ends a live file. */
export function removeAction(file: AddFile, nowMs: number, dataChange: boolean): Action {
  return {
    remove: {
      path: file.path,
      deletionTimestamp: nowMs,
      dataChange,
      extendedFileMetadata: true,
      partitionValues: file.partitionValues,
      size: file.size,
    },
  };
}
