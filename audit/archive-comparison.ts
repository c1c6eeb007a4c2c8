import { literal } from '../duckdb/quote.ts';
import type { WrittenFile } from '../engines/engine.ts';
import type { Stretch } from '../plans/audit-window.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import { holding } from './live-files.ts';
import { FILE_INDEX, type RowFile, rowChecksum, rowsOf, runsOf, stretchOf, within } from './row-sql.ts';
import { partitionNameOf } from './table-view.ts';

const ROWS = '(p INTEGER, o BIGINT, h UBIGINT, file VARCHAR)';

/**
 * Compares what an archive holds of a window, byte for byte, with the records that Kafka has. One that is not in the
 * archive is not looked for here.
 * @param expected what the engine would archive of the window
 * @param keepsRecords whether an archived record that Kafka has not is wrong
 */
export async function compareArchived(
  run: AuditRun,
  window: readonly Stretch[],
  expected: readonly WrittenFile[],
  keepsRecords: boolean,
): Promise<void> {
  const { session, archive: checked } = run;
  if (checked === undefined) return;
  const { shape, live } = checked.view;
  await session.run(`CREATE OR REPLACE TEMP TABLE archived ${ROWS}`);
  await session.run(`CREATE OR REPLACE TEMP TABLE in_kafka ${ROWS}`);
  await checked.reader.read(holding(live, window), (group) => insert(run, checked, 'archived', group, window));
  const files = expected.map(({ localPath, partitionValues }) => ({
    localPath,
    hivePartition: partitionNameOf(shape, partitionValues),
    storagePath: localPath,
  }));
  if (files.length > 0) await insert(run, checked, 'in_kafka', files, window);
  await report(run, checked, 'archive_record_differs', 'k.h <> a.h');
  if (keepsRecords) await report(run, checked, 'archive_record_unexpected', 'k.o IS NULL');
  await session.run('DROP TABLE archived');
  await session.run('DROP TABLE in_kafka');
}

async function insert(
  { session }: AuditRun,
  { view }: CheckedTable,
  into: 'archived' | 'in_kafka',
  files: readonly (RowFile & { readonly storagePath: string })[],
  window: readonly Stretch[],
): Promise<void> {
  const paths = files.map(({ storagePath }) => literal(storagePath)).join(', ');
  await session.run(
    `INSERT INTO ${into} SELECT kafka_partition, kafka_offset, ${rowChecksum(view.shape)}, ([${paths}])[${FILE_INDEX} + 1]
     FROM (${rowsOf(view.shape, files)}) WHERE ${within(window)}`,
  );
}

async function report(
  { session }: AuditRun,
  { view, records }: CheckedTable,
  kind: 'archive_record_differs' | 'archive_record_unexpected',
  where: string,
): Promise<void> {
  const found = `SELECT DISTINCT a.p, a.o, a.file FROM archived a LEFT JOIN in_kafka k USING (p, o) WHERE ${where}`;
  for (const row of await session.rows(runsOf(found, ['file']))) {
    records.add(kind, { table: view.shape.table, storagePath: String(row['file']) }, stretchOf(row));
  }
}
