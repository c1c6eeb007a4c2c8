import { literal } from '../duckdb/quote.ts';
import {
  fileStandings,
  judgeFileContent,
  judgeLiveFile,
  judgeUnreferenced,
  type LoggedFile,
  type TableFiles,
} from '../plans/audit-files.ts';
import type { RecordFindings } from '../plans/record-findings.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import type { LiveFile } from './live-files.ts';
import { holding } from './live-files.ts';
import type { OpenedFile } from './live-reader.ts';
import { tableFiles } from './table-view.ts';

/** How many files there are of each standing that is no finding. */
export interface FileCounts {
  live: number;
  pending: number;
  superseded: number;
}

/**
 * Compares storage with the logs: live files must be there with the size and the number of rows that the log says, and
 * what nothing refers to is listed. Broken files are left out of what follows.
 */
export async function checkFiles(run: AuditRun): Promise<FileCounts> {
  const { table } = run.subject;
  const counts: FileCounts = { live: 0, pending: 0, superseded: 0 };
  for (const checked of run.tables) {
    const files = tableFiles(checked.view, table.committedSequence);
    await checkListing(run, checked, files, counts);
    await checkRows(run, checked, files);
  }
  return counts;
}

async function checkListing(
  run: AuditRun,
  { view, reader, records }: CheckedTable,
  files: TableFiles,
  counts: FileCounts,
): Promise<void> {
  const { parts, request } = run.subject;
  const { path: folder, table } = view.shape;
  const standingOf = fileStandings(files);
  const unseen = new Map(view.live.map((file) => [file.path, file]));
  const total = view.live.length;
  for await (const entry of parts.storage.list(folder, { deep: true })) {
    const stored = { ...entry, path: entry.path.slice(folder.length + 1) };
    const standing = standingOf(stored.path);
    if (standing === 'unreferenced') run.findings.add(judgeUnreferenced(table, stored, parts.clock.nowMs()));
    if (standing === 'pending' || standing === 'superseded') counts[standing] += 1;
    if (standing !== 'live') continue;
    counts.live += 1;
    const file = unseen.get(stored.path);
    unseen.delete(stored.path);
    if (file !== undefined) blame(records, file, judgeLiveFile(table, file.path, file, stored));
    if (counts.live % REPORT_EVERY_FILES === 0) request.onProgress?.({ check: 'files', done: counts.live, total });
    request.signal.throwIfAborted();
  }
  for (const file of unseen.values()) {
    // A listing may be a little behind; whoever asks for the file itself is not.
    if (await parts.storage.exists(file.storagePath)) continue;
    reader.leaveOut(file.path);
    blame(records, file, judgeLiveFile(table, file.path, file, undefined));
  }
}

const REPORT_EVERY_FILES = 1_000;

/** Counts rows by the files' own footers, of files that hold rows of the audited offsets. */
async function checkRows(run: AuditRun, { view, reader, records }: CheckedTable, files: TableFiles): Promise<void> {
  const { stretches, request } = run.subject;
  const concerned = holding(view.live, stretches);
  let done = 0;
  await reader.read(concerned, async (group) => {
    for (const { file, rows } of await countRows(run, group)) {
      const logged: LoggedFile = files.live.get(file.path) ?? file;
      blame(records, file, judgeFileContent(view.shape.table, file.path, logged, { rows }));
    }
    done += group.length;
    request.onProgress?.({ check: 'files', done, total: concerned.length });
    request.signal.throwIfAborted();
  });
}

async function countRows(run: AuditRun, group: readonly OpenedFile[]): Promise<{ file: LiveFile; rows: number }[]> {
  const paths = group.map(({ localPath }) => literal(localPath)).join(', ');
  const counted = await run.session.rows(`SELECT file_name, num_rows FROM parquet_file_metadata([${paths}])`);
  const rows = new Map(counted.map((row) => [String(row['file_name']), Number(row['num_rows'])]));
  return group.map((file) => ({ file, rows: rows.get(file.localPath) ?? 0 }));
}

function blame(records: RecordFindings, file: LiveFile, found: ReturnType<typeof judgeLiveFile>): void {
  if (found !== undefined) records.blame({ ...file, finding: found });
}
