import { SluiceError } from '../errors/sluice-error.ts';
import { decodedPath, placeOf } from './file-place.ts';
import { partitionName, partitionValueList, type PartitionValues } from './partition-name.ts';

/**
 * While a table catches up, publications begin at least this far apart: to be told of every batch of a few hundred milliseconds
 * took the metastore a tenth of a catch-up's CPU time. Rows that have waited in Kafka can wait this long for Hive too.
 */
export const CATCH_UP_INTERVAL_MS = 1_000;

/** A live file, as the log has it: its path is relative to the table's folder and URI-encoded. */
export interface LiveFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
}

/** A second path for a file, both relative to the table's folder. */
export interface FileLink {
  readonly from: string;
  readonly to: string;
}

/** What Hive is to know of a partition that has live files. */
export interface WantedPartition {
  readonly name: string;
  readonly values: readonly string[];
  /** The partition's LOCATION, relative to the table's folder. */
  readonly directory: string;
  /** What must lie in the directory before it may be the LOCATION. */
  readonly links: readonly FileLink[];
}

/** What the metastore says of a partition. */
export interface ActualPartition {
  readonly name: string;
  /** Relative to the table's folder; undefined where LOCATION is outside of it. */
  readonly directory: string | undefined;
  /** False where the rest of its description must be renewed. */
  readonly descriptionHolds: boolean;
}

export interface PublicationSteps {
  readonly link: readonly FileLink[];
  readonly add: readonly WantedPartition[];
  readonly alter: readonly WantedPartition[];
  /** Names. */
  readonly drop: readonly string[];
}

type Origin = { readonly batch: number } | { readonly base: number; readonly directory: string };
interface PlacedFile {
  readonly path: string;
  readonly origin: Origin;
}

/**
 * The Hive partitions that follow from live files. A partition's directory is that of its rewritten file with the
 * highest base version; with none, `g0-h<lowest live batch>`. It follows from live paths alone, so that it outlives
 * checkpoints, and a rewrite always changes it.
 * @throws SluiceError LOG_INCONSISTENT for a path that Sluice never gives a live file
 */
export function wantedPartitions(files: readonly LiveFile[], columns: readonly string[]): WantedPartition[] {
  const partitions = new Map<string, { values: readonly string[]; files: PlacedFile[] }>();
  for (const file of files) {
    const name = partitionName(file.partitionValues, columns);
    const partition = partitions.get(name) ?? { values: partitionValueList(file.partitionValues, columns), files: [] };
    partitions.set(name, partition);
    partition.files.push(placed(file, name));
  }
  return [...partitions].map(([name, { values, files: live }]) => {
    const directory = directoryOf(name, live);
    return { name, values, directory, links: linksInto(directory, live) };
  });
}

/** What to do, in this order, to make of the actual partitions the wanted ones. Both are of the same partitions. */
export function publicationSteps(
  wanted: readonly WantedPartition[],
  actual: readonly ActualPartition[],
): PublicationSteps {
  const actualByName = new Map(actual.map((partition) => [partition.name, partition]));
  const wantedNames = new Set(wanted.map(({ name }) => name));
  return {
    link: wanted.flatMap(({ links }) => links),
    add: wanted.filter(({ name }) => !actualByName.has(name)),
    alter: wanted.filter(({ name, directory }) => {
      const found = actualByName.get(name);
      return found !== undefined && (found.directory !== directory || !found.descriptionHolds);
    }),
    drop: actual.map(({ name }) => name).filter((name) => !wantedNames.has(name)),
  };
}

function placed(file: LiveFile, name: string): PlacedFile {
  const path = decodedPath(file.path);
  const place = placeOf(path);
  if (place?.kind === 'batch') return { path, origin: { batch: place.sequence } };
  if (place?.kind === 'rewrite' && place.partition === name) {
    return { path, origin: { base: place.base, directory: place.directory } };
  }
  throw inconsistent(file, name);
}

function directoryOf(name: string, files: readonly PlacedFile[]): string {
  let newest: { base: number; directory: string } | undefined;
  let lowestBatch = Number.POSITIVE_INFINITY;
  for (const { origin } of files) {
    if ('batch' in origin) lowestBatch = Math.min(lowestBatch, origin.batch);
    else if (newest === undefined || isNewer(origin, newest)) newest = origin;
  }
  return newest?.directory ?? `${name}/g0-h${lowestBatch}`;
}

/** Shards of one rewrite have the same base: any of their directories will do, so long as it is always the same. */
function isNewer(one: { base: number; directory: string }, other: { base: number; directory: string }): boolean {
  return one.base === other.base ? one.directory > other.directory : one.base > other.base;
}

function linksInto(directory: string, files: readonly PlacedFile[]): FileLink[] {
  return files
    .filter(({ path }) => !path.startsWith(`${directory}/`))
    .map(({ path }) => ({ from: path, to: `${directory}/${path.slice(path.lastIndexOf('/') + 1)}` }));
}

function inconsistent(file: LiveFile, name: string): SluiceError {
  return new SluiceError(
    'LOG_INCONSISTENT',
    `The table's log holds a live file that Sluice did not name: ${file.path}, of partition ${name}.`,
    {
      remedy:
        'Another tool has written to this table. Remove its files from the log, or restore the table, then resume.',
      details: { path: file.path, partition: name },
    },
  );
}
