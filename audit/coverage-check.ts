import type { DuckDbSession } from '../duckdb/session.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { readRange } from '../kafka/range-reader.ts';
import {
  afterWindow,
  joinNear,
  lostStretches,
  nextWindow,
  splitAt,
  type Stretch,
  withoutRanges,
} from '../plans/audit-window.ts';
import { finding } from '../plans/finding.ts';
import { describeLosses } from '../plans/operator-decision.ts';
import { type ArchiveCheck, openArchiveCheck } from './archive-check.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import { checkCommitted } from './committed-check.ts';
import { withoutDropped } from './dropped-records.ts';
import { holdingOf } from './held-topic.ts';
import { holding } from './live-files.ts';
import { originsOf, runsOf, stretchOf, within } from './row-sql.ts';

/** Offsets looked at together: what coverage keeps in memory at a time. */
export const COVERAGE_WINDOW_OFFSETS = 500_000;
/** Offsets without a row that lie no further apart are asked of Kafka in one go. */
export const HOLES_JOINED_WITHIN_OFFSETS = 10_000n;

const LIMITS = { maxRows: COVERAGE_WINDOW_OFFSETS, maxBytes: Number.MAX_SAFE_INTEGER };

/** Offsets that have expired in Kafka, of one partition. */
interface Expired {
  readonly from: bigint;
  to: bigint;
  rows: number;
  without: bigint;
}

/**
 * Every committed offset at which Kafka has a record must have one row in the two tables, together. Offsets are not
 * dense (transaction markers, compaction), so Kafka is asked about those that have none.
 */
export async function checkCoverage(run: AuditRun): Promise<void> {
  const { table, stretches } = run.subject;
  const total = stretches.reduce((sum, { from, to }) => sum + Number(to - from), 0);
  const expired = new Map<number, Expired>();
  const archive = openArchiveCheck(run);
  let left = [...stretches];
  for (let done = 0; left.length > 0;) {
    const window = nextWindow(table.definition.table, left, LIMITS, 1);
    await checkWindow(run, window, expired, archive);
    left = afterWindow(left, window);
    done += window.reduce((sum, { from, to }) => sum + Number(to - from), 0);
    run.subject.request.onProgress?.({ check: 'coverage', done, total });
    run.subject.request.signal.throwIfAborted();
  }
  for (const [partition, span] of expired) reportExpired(run, partition, span);
  reportLost(run);
  await checkCommitted(run, run.main, table.committed, 'row_unexpected');
  await archive?.checkCommitted();
  if (run.kafka instanceof Error) throw run.kafka;
}

async function checkWindow(
  run: AuditRun,
  window: readonly Stretch[],
  expired: Map<number, Expired>,
  archive: ArchiveCheck | undefined,
): Promise<void> {
  const { session } = run;
  const { definition } = run.subject.table;
  await session.run('CREATE OR REPLACE TEMP TABLE present (p INTEGER, o BIGINT, rejected BOOLEAN, day DATE)');
  await collect(session, run.main, window, false);
  await collect(session, run.rejected, window, true);
  for (const row of await session.rows(
    'SELECT p, count(*) FILTER (NOT rejected) AS rows, count(*) FILTER (rejected) AS rejected FROM present GROUP BY p',
  )) {
    const count = run.counts.get(Number(row['p'])) ?? { rows: 0, rejected: 0 };
    count.rows += Number(row['rows']);
    count.rejected += Number(row['rejected']);
    run.counts.set(Number(row['p']), count);
  }
  const twice = 'SELECT p, o FROM present GROUP BY p, o HAVING count(*) > 1';
  for (const row of await session.rows(runsOf(twice))) {
    run.records.add('record_duplicated', { table: definition.table, storagePath: undefined }, stretchOf(row));
  }
  if (!(run.kafka instanceof Error)) await checkHoles(run, window, expired);
  await archive?.checkWindow(window);
  await session.run('DROP TABLE present');
}

async function collect(
  session: DuckDbSession,
  { view, reader }: CheckedTable,
  window: readonly Stretch[],
  rejected: boolean,
): Promise<void> {
  await reader.read(holding(view.live, window), (group) =>
    session.run(`INSERT INTO present SELECT kafka_partition, kafka_offset, ${rejected}, CAST(kafka_timestamp AS DATE)
      FROM (${originsOf(group, ['kafka_timestamp'])}) WHERE ${within(window)}`),
  );
}

/** Asks Kafka whether it has records where the tables have no rows. */
async function checkHoles(run: AuditRun, window: readonly Stretch[], expired: Map<number, Expired>): Promise<void> {
  const holes = withoutRanges(await holesOf(run.session, window), lostStretches(run.subject.table.lost));
  for (;;) {
    const { below } = splitAt(window, run.held.heldFrom);
    const { above } = splitHoles(holes, run);
    try {
      const lacking = await missingIn(run, joinNear(above, HOLES_JOINED_WITHIN_OFFSETS));
      const missing = await withoutDropped(run, lacking);
      for (const { partition, from, to } of missing) {
        run.records.addMissing(run.subject.table.definition.table, partition, from, to);
      }
      for (const stretch of below) await noteExpired(run, stretch, expired);
      return;
    } catch (thrown) {
      if (!(thrown instanceof SluiceError) || thrown.code !== 'OFFSET_EXPIRED') throw thrown;
      await lookAgain(run);
    }
  }
}

function splitHoles(holes: readonly Stretch[], run: AuditRun): { above: Stretch[] } {
  return { above: holes.flatMap((hole) => splitAt([hole], run.held.heldFrom).above) };
}

/** Records have expired since Kafka was asked what it holds. */
export async function lookAgain(run: AuditRun): Promise<void> {
  const { parts, request, table } = run.subject;
  if (table.source === undefined) return;
  run.kafka = await holdingOf(parts.cluster, table.source, parts.clock, request.signal);
}

/** Stretches of offsets without a row, in order. */
async function holesOf(session: DuckDbSession, window: readonly Stretch[]): Promise<Stretch[]> {
  const edges = window.flatMap(({ partition, from, to }) => [`(${partition}, ${from - 1n})`, `(${partition}, ${to})`]);
  const rows = await session.rows(
    `SELECT p, o + 1 AS a, next AS b
     FROM (SELECT p, o, lead(o) OVER (PARTITION BY p ORDER BY o) AS next
           FROM (SELECT DISTINCT p, o FROM present UNION ALL SELECT * FROM (VALUES ${edges.join(', ')}) edges(p, o)))
     WHERE next > o + 1 ORDER BY p, a`,
  );
  return rows.map(stretchOf);
}

/** Which of the offsets without a row Kafka has records at. */
async function missingIn(run: AuditRun, ranges: readonly Stretch[]): Promise<Stretch[]> {
  if (ranges.length === 0) return [];
  const { parts, request } = run.subject;
  await run.session.run('CREATE OR REPLACE TEMP TABLE held (p INTEGER, o BIGINT)');
  const appender = await run.session.connection.createAppender('held');
  for (const { partition, from, to } of ranges) {
    const range = { partition, startOffset: from, endOffset: to };
    for await (const chunk of readRange(parts.cluster, run.held.topicId, range, { signal: request.signal })) {
      chunk.forEachRecord((record) => {
        appender.appendInteger(partition);
        appender.appendBigInt(record.offset);
        appender.endRow();
      });
    }
  }
  appender.closeSync();
  const missing = await run.session.rows(runsOf('SELECT p, o FROM held ANTI JOIN present USING (p, o)'));
  await run.session.run('DROP TABLE held');
  return missing.map(stretchOf);
}

async function noteExpired(run: AuditRun, stretch: Stretch, expired: Map<number, Expired>): Promise<void> {
  const [row] = await run.session.rows(
    `SELECT count(*) AS n, count(DISTINCT o) AS offsets FROM present WHERE ${within([stretch], 'p', 'o')}`,
  );
  const span = expired.get(stretch.partition) ?? { from: stretch.from, to: stretch.to, rows: 0, without: 0n };
  span.to = stretch.to;
  span.rows += Number(row?.['n'] ?? 0);
  span.without += stretch.to - stretch.from - BigInt(Number(row?.['offsets'] ?? 0));
  expired.set(stretch.partition, span);
}

function reportExpired(run: AuditRun, partition: number, { from, to, rows, without }: Expired): void {
  const message = `Kafka no longer has offsets ${from} to ${to - 1n} of partition ${partition}: ${rows} rows there can be counted, not compared, and ${without} offsets are without a row.`;
  const range = { partition, fromOffset: String(from), toOffset: String(to), records: rows };
  const { table } = run.subject.table.definition;
  run.findings.add(finding('offsets_expired', table, message, { records: rows, ranges: [range] }));
}

/** What operators have given up is known to have no rows. */
function reportLost(run: AuditRun): void {
  const { definition, lost } = run.subject.table;
  for (const loss of lost) {
    const { partition, startOffset: fromOffset, endOffset: toOffset, by, acceptedAtMs } = loss;
    if (withoutRanges(lostStretches([loss]), run.subject.stretches).length > 0) continue;
    const when = new Date(acceptedAtMs).toISOString();
    const message = `The table goes on without ${describeLosses([loss])}, as ${by} decided at ${when}.`;
    const ranges = [{ partition, fromOffset, toOffset, records: 0 }];
    run.findings.add(finding('offsets_given_up', definition.table, message, { ranges }));
  }
}
