import type { DataFile } from '../../plans/batch.ts';
import type { Action, AddFile, RemoveFile } from './actions.ts';

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

/** Kept with each removed file, and with each that a rewrite has added: the version of the entry that did it. */
export const VERSION_TAG = 'sluice.version';

/** An action that ends a live file with the entry of this version. */
export function removeAction(file: AddFile, version: number, nowMs: number, dataChange: boolean): Action {
  return {
    remove: {
      path: file.path,
      deletionTimestamp: nowMs,
      dataChange,
      extendedFileMetadata: true,
      partitionValues: file.partitionValues,
      size: file.size,
      tags: { [VERSION_TAG]: String(version) },
    },
  };
}

/** The version with which a file was taken out, or added by a rewrite; infinitely late where that is not known, so that nothing is taken for old. */
export function entryVersionOf({ tags }: Pick<AddFile | RemoveFile, 'tags'>): number {
  const version = tags?.[VERSION_TAG];
  return version === undefined ? Number.POSITIVE_INFINITY : Number(version);
}
