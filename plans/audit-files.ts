import { finding, type Finding } from './finding.ts';
import { folderOf, mayBeCommitted, nameOf, placeOf } from './file-place.ts';
import type { WantedPartition } from './publication.ts';

/** What the log says of a live file. */
export interface LoggedFile {
  readonly sizeBytes: number;
  readonly rows: number;
}

/** A file as storage lists it; its path is relative to the table's folder. */
export interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** By the storage's clock. */
  readonly modifiedAtMs: number;
}

/** One version of a table, as far as it tells which files belong to it. Paths are decoded. */
export interface TableFiles {
  readonly table: string;
  readonly live: ReadonlyMap<string, LoggedFile>;
  /** Files that the log has removed and still names. */
  readonly removed: ReadonlySet<string>;
  /** What Hive is to hold of these live files. */
  readonly wanted: readonly WantedPartition[];
  /** Files of batches up to this one are committed, or never will be. */
  readonly committedSequence: number;
  /** Files of rewrites based below it are committed, or never will be. */
  readonly fence: number;
}

/**
 * How a file under the table's folder stands to the table. `published`: in a directory that Hive is to read; `pending`: may
 * still be committed; `superseded`: has been live, and readers that began earlier may still need it.
 */
export type FileStanding = 'live' | 'bookkeeping' | 'published' | 'pending' | 'superseded' | 'unreferenced';

const BOOKKEEPING = /^(_delta_log|_sluice)\//;
/** Hive's readers skip these names. */
const HIDDEN = /^[._]/;

/** Tells the standing of paths; the context is looked through once. */
export function fileStandings(files: TableFiles): (path: string) => FileStanding {
  const published = new Set(files.wanted.map(({ directory }) => directory));
  const links = new Set([...files.live.keys(), ...files.removed].map(nameOf));
  return (path) => {
    if (files.live.has(path)) return 'live';
    if (BOOKKEEPING.test(path)) return 'bookkeeping';
    if (published.has(folderOf(path))) return 'published';
    if (files.removed.has(path)) return 'superseded';
    const place = placeOf(path);
    if (place === undefined) return 'unreferenced';
    if (mayBeCommitted(path, files)) return 'pending';
    return place.kind !== 'batch' && links.has(place.name) ? 'superseded' : 'unreferenced';
  };
}

/** Compares a live file with what storage has; undefined where it is as the log says. */
export function judgeLiveFile(
  table: string,
  path: string,
  logged: LoggedFile,
  stored: Pick<StoredFile, 'sizeBytes'> | undefined,
): Finding | undefined {
  if (stored === undefined) {
    return finding('file_missing', table, `${path}, with ${logged.rows} rows by the log, is not in storage.`, { path });
  }
  if (stored.sizeBytes === logged.sizeBytes) return undefined;
  const message = `${path} has ${stored.sizeBytes} bytes, not ${logged.sizeBytes} as the log says.`;
  return finding('file_changed', table, message, { path });
}

/** The same for what an engine reads of it: its rows, or why it cannot read it. */
export function judgeFileContent(
  table: string,
  path: string,
  logged: LoggedFile,
  content: { readonly rows: number } | { readonly failure: string },
): Finding | undefined {
  if ('failure' in content) {
    return finding('file_changed', table, `${path} cannot be read: ${content.failure}`, { path });
  }
  if (content.rows === logged.rows) return undefined;
  const message = `${path} has ${content.rows} rows, not ${logged.rows} as the log says.`;
  return finding('file_changed', table, message, { path });
}

/** A file that nothing refers to. */
export function judgeUnreferenced(table: string, file: StoredFile, nowMs: number): Finding {
  const message = `Nothing refers to ${file.path} (${file.sizeBytes} bytes).`;
  return finding('file_unreferenced', table, message, {
    path: file.path,
    ageMs: Math.max(0, Math.round(nowMs - file.modifiedAtMs)),
  });
}

/**
 * Compares a directory that Hive is to read with what lies directly in it. Of live files that are `broken` themselves,
 * nothing is said again.
 */
export function judgeDirectory(
  files: TableFiles,
  partition: WantedPartition,
  stored: readonly StoredFile[],
  broken: ReadonlySet<string>,
): Finding[] {
  const { table } = files;
  const hivePartition = partition.name;
  const found = new Map(stored.map((file) => [file.path, file]));
  const expected = new Map(partition.links.map(({ from, to }) => [to, from]));
  const findings: Finding[] = [];
  for (const [path, original] of expected) {
    if (broken.has(original)) continue;
    const logged = files.live.get(original);
    const size = found.get(path)?.sizeBytes;
    if (size === undefined) {
      const message = `${path} is not where Hive reads ${hivePartition}.`;
      findings.push(finding('hive_file_missing', table, message, { path, hivePartition }));
    } else if (logged !== undefined && size !== logged.sizeBytes) {
      const message = `${path} has ${size} bytes, not ${logged.sizeBytes} as the log says.`;
      findings.push(finding('hive_file_changed', table, message, { path, hivePartition }));
    }
  }
  for (const { path, sizeBytes } of stored) {
    const isKnown = expected.has(path) || files.live.has(path) || mayBeCommitted(path, files);
    if (isKnown || HIDDEN.test(nameOf(path))) continue;
    const message = `${path} (${sizeBytes} bytes) is not live, but Hive reads it with ${hivePartition}.`;
    findings.push(finding('hive_file_unexpected', table, message, { path, hivePartition }));
  }
  return findings;
}
