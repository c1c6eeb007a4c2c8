import { BatchTooLarge, type WrittenFile } from '../engines/engine.ts';
import { afterWindow, nextWindow, type Stretch } from '../plans/audit-window.ts';
import type { AuditRun } from './audit-run.ts';
import { COMPARISON_LIMITS, largerRecordBytes, withExpectedRows } from './expected-rows.ts';
import { originsOf, runsOf, stretchOf } from './row-sql.ts';
import { partitionNameOf, type TableView } from './table-view.ts';

/**
 * Of records that are in no table, those that are really missing. Where retention has dropped partitions, a record whose
 * partition has no live file is one that was dropped.
 */
export async function withoutDropped(run: AuditRun, missing: readonly Stretch[]): Promise<readonly Stretch[]> {
  const { drops, definition, main, rejected } = run.subject.table;
  if (drops === 0 || missing.length === 0) return missing;
  await run.session.run('CREATE OR REPLACE TEMP TABLE lacking (p INTEGER, o BIGINT)');
  let recordSizeBytes: number | undefined;
  for (let left = [...missing]; left.length > 0;) {
    const window = nextWindow(definition.table, left, COMPARISON_LIMITS, recordSizeBytes);
    try {
      await withExpectedRows(run, window, definition, async ({ files, rejectedFiles }) => {
        const kept = [...inLivePartitions(main, files), ...inLivePartitions(rejected, rejectedFiles)];
        if (kept.length > 0) await run.session.run(`INSERT INTO lacking ${originsOf(kept)}`);
      });
      left = afterWindow(left, window);
    } catch (thrown) {
      if (!(thrown instanceof BatchTooLarge)) throw thrown;
      recordSizeBytes = largerRecordBytes(recordSizeBytes);
    }
  }
  const rows = await run.session.rows(runsOf('SELECT p, o FROM lacking'));
  await run.session.run('DROP TABLE lacking');
  return rows.map(stretchOf);
}

function inLivePartitions({ shape, live }: TableView, files: readonly WrittenFile[]): WrittenFile[] {
  const partitions = new Set(live.map(({ hivePartition }) => hivePartition));
  return files.filter(({ partitionValues }) => partitions.has(partitionNameOf(shape, partitionValues)));
}
