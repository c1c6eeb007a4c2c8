import type { CompactionSettings } from '../definition/table-definition.ts';
import { partitionName, type PartitionValues } from './partition-name.ts';
import { partitionEndMs } from './partition-time.ts';

/**
 * A merge must give each of its files' rows a file at least this many times larger. So a row is written once by its batch,
 * at most once for each such growth of its file, and once for the final form: a partition of N rows in batch files of n is
 * written at most 2 + log8(N / n) times over; an hour of a batch a second, six times at the very most, and in fact three to four.
 */
export const GROWTH = 8;
/** Files that one rewrite opens. */
export const MAX_FILES_PER_REWRITE = 2_000;
/** Rows that came late to a partition in final form are brought into that form when they are this part of it. */
export const LATE_SHARE = 0.1;
/** An unsorted file by itself is worth sorting from this size on: below, sorting saves a reader next to nothing. */
export const SORT_WORTH_BYTES = 8 * 1024 ** 2;

/** Kept with each rewritten file in the log: what it was made for, and what it is sorted by. */
export const FORM_TAG = 'sluice.form';
export const SORT_TAG = 'sluice.sort';
/** `merged` files may be merged again while their partition fills; `final` ones are done. */
export type Form = 'merged' | 'final';

/** A live file, as the log has it. */
export interface CompactionFile {
  /** Of the log. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly rows: number;
  readonly sizeBytes: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** One rewrite: these files of one partition become few, sorted ones. */
export interface CompactionUnit {
  readonly partition: string;
  readonly values: Readonly<Record<string, string>>;
  readonly form: Form;
  readonly files: readonly string[];
  readonly rows: number;
  readonly sizeBytes: number;
  /** Why it is worth it, in words. */
  readonly reason: string;
}

/** A partition with several files that are left as they are for now. */
export interface LeftPartition {
  readonly partition: string;
  readonly files: number;
  readonly reason: string;
}

export interface CompactionPlan {
  /** At most one a partition, those with the most files first. What is left to do follows from the next plan. */
  readonly units: readonly CompactionUnit[];
  readonly left: readonly LeftPartition[];
}

interface PartitionFiles {
  readonly name: string;
  readonly values: Readonly<Record<string, string>>;
  readonly files: CompactionFile[];
}

/** Decides what is worth rewriting of these live files. Pure: the same files and time, the same plan. */
export function planCompaction(
  files: Iterable<CompactionFile>,
  columns: readonly string[],
  settings: CompactionSettings,
  nowMs: number,
): CompactionPlan {
  const partitions = new Map<string, PartitionFiles>();
  for (const file of files) {
    const name = partitionName(file.partitionValues, columns);
    const partition = partitions.get(name) ?? { name, values: file.partitionValues, files: [] };
    partitions.set(name, partition);
    partition.files.push(file);
  }
  const units: CompactionUnit[] = [];
  const left: LeftPartition[] = [];
  for (const partition of partitions.values()) {
    const decided = decide(partition, settings, nowMs);
    if (typeof decided !== 'string') units.push(decided);
    else if (partition.files.length > 1) {
      left.push({ partition: partition.name, files: partition.files.length, reason: decided });
    }
  }
  units.sort((a, b) => b.files.length - a.files.length || (a.partition < b.partition ? -1 : 1));
  return { units, left };
}

/** The tags of a rewrite's files. */
export function compactionTags(form: Form, sortBy: readonly string[]): Readonly<Record<string, string>> {
  return { [FORM_TAG]: form, [SORT_TAG]: sortBy.join(',') };
}

/** What to rewrite of one partition, or why nothing. */
function decide(partition: PartitionFiles, settings: CompactionSettings, nowMs: number): CompactionUnit | string {
  const done = partition.files.filter((file) => isDone(file, settings));
  const open = partition.files.filter((file) => !isDone(file, settings)).sort(byRows);
  if (open.length === 0) return 'in final form';
  if (!isSealed(partition.values, settings, nowMs)) {
    const merged = worthMerging(open, settings.minFiles, settings);
    if (merged.length === 0) return `still fills, and fewer than ${settings.minFiles} small files would gain by it`;
    return unit(partition, 'merged', merged, `still fills: ${merged.length} small files become one`);
  }
  const late = sum(open, rowsOf) < LATE_SHARE * sum(done, rowsOf) && sum(open, bytesOf) < settings.targetFileBytes;
  if (late) {
    const merged = worthMerging(open, GROWTH, settings);
    if (merged.length === 0) return 'in final form but for a few late rows';
    return unit(partition, 'merged', merged, `late rows: ${merged.length} small files become one`);
  }
  const part = evenPart(open, settings);
  if (part.length === 1 && !isWorthSorting(part, settings)) return 'one file, as good as its final form';
  return unit(partition, 'final', part, `ended: ${part.length} of ${partition.files.length} files to final form`);
}

/** A file that no rewrite can better: of the final form, or large and sorted by what it would be sorted by. */
function isDone({ tags, sizeBytes }: CompactionFile, { sortBy, targetFileBytes }: CompactionSettings): boolean {
  return tags?.[FORM_TAG] === 'final' || (tags?.[SORT_TAG] === sortBy.join(',') && sizeBytes >= targetFileBytes / 2);
}

function isSealed(values: PartitionValues, { sealAfterMs }: CompactionSettings, nowMs: number): boolean {
  const endMs = partitionEndMs(values);
  return endMs === undefined || nowMs >= endMs + sealAfterMs;
}

/** The most files, from the smallest on, of which each grows GROWTH times by being merged; none where too few would. */
function worthMerging(ascending: readonly CompactionFile[], minFiles: number, settings: CompactionSettings) {
  const most = withinLimits(ascending, settings.maxRewriteBytes);
  let best = 0;
  let rows = 0;
  most.forEach((file, index) => {
    rows += rowsOf(file);
    if (index + 1 >= minFiles && rowsOf(file) * GROWTH <= rows) best = index + 1;
  });
  return most.slice(0, best);
}

/** All files where one rewrite may take them, else as many as make the rewrites that it needs alike in size. */
function evenPart(ascending: readonly CompactionFile[], { maxRewriteBytes }: CompactionSettings): CompactionFile[] {
  const total = sum(ascending, bytesOf);
  const rewrites = Math.ceil(total / maxRewriteBytes);
  const part = withinLimits(ascending, rewrites <= 1 ? total : Math.ceil(total / rewrites));
  return part.length === 0 ? ascending.slice(0, 1) : part;
}

function withinLimits(files: readonly CompactionFile[], maxBytes: number): CompactionFile[] {
  let bytes = 0;
  const firstBeyond = files.findIndex((file, index) => {
    bytes += file.sizeBytes;
    return bytes > maxBytes || index >= MAX_FILES_PER_REWRITE;
  });
  return files.slice(0, firstBeyond < 0 ? undefined : firstBeyond);
}

function isWorthSorting([file]: readonly CompactionFile[], settings: CompactionSettings): boolean {
  if (file === undefined || file.sizeBytes < SORT_WORTH_BYTES || file.sizeBytes > settings.maxRewriteBytes)
    return false;
  return file.tags?.[SORT_TAG] !== settings.sortBy.join(',');
}

function unit(
  { name, values }: PartitionFiles,
  form: Form,
  files: readonly CompactionFile[],
  reason: string,
): CompactionUnit {
  return {
    partition: name,
    values,
    form,
    files: files.map(({ path }) => path),
    rows: sum(files, ({ rows }) => rows),
    sizeBytes: sum(files, bytesOf),
    reason,
  };
}

function byRows(a: CompactionFile, b: CompactionFile): number {
  return a.rows - b.rows || (a.path < b.path ? -1 : 1);
}

/** A file without rows, which only marks that its partition was rewritten, still is a file. */
function rowsOf({ rows }: CompactionFile): number {
  return Math.max(1, rows);
}

function bytesOf({ sizeBytes }: CompactionFile): number {
  return sizeBytes;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
