import { pathToFileURL } from 'node:url';
import { commitBatch } from '../../lake/commit-batch.ts';
import { commitRewrite, type RewriteOutcome } from '../../lake/commit-rewrite.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { FileStorage } from '../../lake/storage/file/file-storage.ts';
import type { DataFile } from '../../plans/batch.ts';
import { rewriteFilePath } from '../../plans/file-place.ts';
import { type Rewrite, rewriteBase, type RewriteKind } from '../../plans/rewrite.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export const COLUMNS = ['dt', 'hour'];
export const ROWS_A_BATCH_FILE = 10;

export function hour(number: number): Record<string, string> {
  return { dt: '2026-11-23', hour: String(number) };
}

export function nameOf(values: Readonly<Record<string, string>>): string {
  return `dt=${values['dt'] ?? ''}/hour=${values['hour'] ?? ''}`;
}

/** A table's log with batches and rewrites in it, whose files are only names. */
export class RewriteTable {
  readonly storage = new FileStorage(pathToFileURL(temporaryFolder()).href);
  readonly log = new TableLog(this.storage, 'table');
  readonly rejectedLog = new TableLog(this.storage, 'table_rejected');
  #sequence = 0;

  static async create(): Promise<RewriteTable> {
    const table = new RewriteTable();
    await table.log.create([
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          id: 'table',
          format: { provider: 'parquet', options: {} },
          schemaString: '{"type":"struct","fields":[]}',
          partitionColumns: COLUMNS,
          configuration: {},
        },
      },
    ]);
    return table;
  }

  /** Commits a batch with one file for each of the hours; their paths. */
  async batch(...hours: number[]): Promise<string[]> {
    this.#sequence += 1;
    const place = { sequence: this.#sequence, revision: 0, shard: 0 };
    const files = hours.map((number, index): DataFile => ({
      path: batchFilePath(place, 'a1', index),
      partitionValues: hour(number),
      sizeBytes: 100,
      rows: ROWS_A_BATCH_FILE,
      stats: JSON.stringify({ numRecords: ROWS_A_BATCH_FILE }),
    }));
    await commitBatch(
      this.log,
      this.rejectedLog,
      {
        format: 1,
        sequence: this.#sequence,
        revision: 0,
        attempt: 'a1',
        sealedAtMs: 1,
        topic: 't',
        nextOffsets: { 0: String(this.#sequence) },
        rows: files.length * ROWS_A_BATCH_FILE,
        files,
        rejectedRows: 0,
        rejectedFiles: [],
        unknownFields: {},
      },
      [],
    );
    return files.map(({ path }) => path);
  }

  /** A rewrite that starts from the log as it is now, with one new file for each of the partitions in `rows`. */
  plan(
    id: string,
    kind: RewriteKind,
    taken: readonly string[],
    rows: Readonly<Record<number, number>>,
    alsoTouched: readonly number[] = [],
  ): Rewrite {
    const base = rewriteBase(this.log.snapshot, COLUMNS, taken, alsoTouched.map(hour));
    const files = Object.entries(rows).map(([number, count], index): DataFile => {
      const attempt = { baseVersion: base.version, rewriteId: id, attempt: 'a1' };
      return {
        path: rewriteFilePath(nameOf(hour(Number(number))), attempt, index),
        partitionValues: hour(Number(number)),
        sizeBytes: 100,
        rows: count,
        stats: JSON.stringify({ numRecords: count }),
      };
    });
    return { id, kind, base, files };
  }

  /** Compacts these files, which are all of one hour, into one; its path. */
  async compact(id: string, number: number, taken: readonly string[]): Promise<string> {
    const rows = taken.length * ROWS_A_BATCH_FILE;
    const rewrite = this.plan(id, 'compaction', taken, { [number]: rows });
    const outcome = await this.commit(rewrite);
    if (outcome.kind !== 'committed') throw new Error(outcome.reason);
    return rewrite.files[0]?.path ?? '';
  }

  /** Commits as a process would that knows only storage and the rewrite. */
  async commit(rewrite: Rewrite): Promise<RewriteOutcome> {
    const outcome = await commitRewrite(new TableLog(this.storage, 'table'), rewrite);
    await this.log.refresh();
    return outcome;
  }

  live(): string[] {
    return [...this.log.snapshot.files.keys()].sort();
  }
}
