import { FILE_COLUMN, identifier, literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { Merger, MergeRequest, MergeResult } from '../merger.ts';
import { contentsOf, rowsOf, writeSorted } from './partition-rows.ts';
import { inRewriteSession, requireSameContents } from './rewrite-session.ts';

const NOTHING: MergeResult = { taken: [], files: [], keptRows: 0, replacedRows: 0, newRows: 0 };

/** Replaces rows of a partition in this process, each merge in a session of its own. */
export class DuckDbMerger implements Merger {
  async merge(request: MergeRequest): Promise<MergeResult> {
    return inRewriteSession(request, (session) => mergeIn(session, request));
  }
}

async function mergeIn(session: DuckDbSession, request: MergeRequest): Promise<MergeResult> {
  const { columns, oldPaths, newPaths, partition } = request;
  await nameRecords(session, 'replacing', request.replacingPaths);
  if (request.complete) await requireComplete(session, request, request.complete);
  const taken = await filesToTake(session, oldPaths);
  if (taken.length === 0 && newPaths.length === 0) return NOTHING;

  const takenPaths = taken.map((index) => oldPaths[index] ?? '');
  const old = await rowsOf(session, takenPaths, columns);
  const replaced = await contentsOf(session, `SELECT * FROM (${old}) ${matching('SEMI')}`, columns);
  const fresh = await rowsOf(session, newPaths, columns);
  const added = await contentsOf(session, fresh, columns);
  if (replaced.rows === added.rows && replaced.checksum === added.checksum) return NOTHING;

  const kept = `SELECT * FROM (${old}) ${matching('ANTI')}`;
  const rows = `${kept} UNION ALL ${fresh}`;
  const wanted = await contentsOf(session, rows, columns);
  const counts = { keptRows: wanted.rows - added.rows, replacedRows: replaced.rows, newRows: added.rows };
  if (wanted.rows === 0 && taken.length === request.liveFiles) return { taken, files: [], ...counts };
  const files = await writeSorted(session, rows, request);
  const written = files.map(({ localPath }) => localPath);
  requireSameContents(
    partition.name,
    wanted,
    await contentsOf(session, await rowsOf(session, written, columns), columns),
  );
  return { taken, files, ...counts };
}

function matching(join: 'SEMI' | 'ANTI'): string {
  return `${join} JOIN replacing USING (kafka_partition, kafka_offset)`;
}

/** A table of which records files hold. */
async function nameRecords(session: DuckDbSession, name: string, paths: readonly string[]): Promise<void> {
  await session.run(`CREATE TEMP TABLE ${name} (kafka_partition INTEGER, kafka_offset BIGINT)`);
  if (paths.length === 0) return;
  await session.run(
    `INSERT INTO ${name} SELECT kafka_partition, kafka_offset
     FROM read_parquet([${paths.map(literal).join(', ')}], hive_partitioning = false)`,
  );
}

/** Indices of the files that hold rows which are to be replaced. */
async function filesToTake(session: DuckDbSession, oldPaths: readonly string[]): Promise<number[]> {
  if (oldPaths.length === 0) return [];
  const found = await session.rows(
    `SELECT DISTINCT ${identifier(FILE_COLUMN)} AS file FROM read_parquet([${oldPaths.map(literal).join(', ')}],
       union_by_name = true, hive_partitioning = false, filename = ${literal(FILE_COLUMN)}) ${matching('SEMI')}`,
  );
  const names = new Set(found.map((row) => row['file']));
  return oldPaths.flatMap((path, index) => (names.has(path) ? [index] : []));
}

/** A record that the table holds must be in what was derived anew, or it would be lost without a word. */
async function requireComplete(
  session: DuckDbSession,
  { oldPaths, partition }: MergeRequest,
  { ranges, derivedPaths }: NonNullable<MergeRequest['complete']>,
): Promise<void> {
  if (oldPaths.length === 0) return;
  await nameRecords(session, 'derived', derivedPaths);
  const within = ranges
    .map(
      (range) =>
        `(kafka_partition = ${range.partition} AND kafka_offset >= ${range.startOffset} AND kafka_offset < ${range.endOffset})`,
    )
    .join(' OR ');
  const [row] = await session.rows(
    `SELECT count(*) AS missing, arg_min(kafka_partition, kafka_offset) AS p, min(kafka_offset) AS o
     FROM read_parquet([${oldPaths.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)
     ANTI JOIN derived USING (kafka_partition, kafka_offset) WHERE ${within}`,
  );
  const missing = Number(row?.['missing']);
  if (missing === 0) return;
  throw new SluiceError(
    'SOURCE_INCOMPLETE',
    `${missing} rows of ${partition.name} are of records that the source of the backfill does not hold any more, such as offset ${String(row?.['o'])} of partition ${String(row?.['p'])}.`,
    { remedy: 'Nothing was changed. Leave those offsets out.' },
  );
}
