import type { DuckDBConnection } from '@duckdb/node-api';
import { bucketOf } from './freshness.ts';
import { CHARTED_COLUMNS, LIVE_COLUMNS, type LiveRow } from './health-columns.ts';
import { type ReadableFile, rowsOf } from './health-sql.ts';
import type { MetricWindow, Vector } from './metric-window.ts';

/** What files that are read one after another bring. */
export interface Arrivals {
  /** The newest row of each host. */
  readonly latest: Map<string, LiveRow>;
  /** Rows by version and latency bucket (see freshness.ts), for files whose commit is known. */
  readonly latencies: Map<number, Map<number, number>>;
  /** Takes every row since `fromMs`; none where rows are only glanced at. */
  readonly kept?: { readonly window: MetricWindow; readonly fromMs: number };
}

const READ_COLUMNS = [...new Map([...CHARTED_COLUMNS, ...LIVE_COLUMNS].map((found) => [found.column, found])).values()];
const ABSENT: Vector = { getItem: () => null };

/**
 * Reads one file chunk by chunk, so that a large one does not stop the process. A row from a clock that runs ahead counts as
 * of its commit, so that one wrong clock cannot make all others look late.
 */
export async function readLiveRows(connection: DuckDBConnection, file: ReadableFile, into: Arrivals): Promise<void> {
  const result = await connection.stream(rowsOf(READ_COLUMNS, file));
  const names = result.columnNames();
  const { version, atMs = Date.now() } = file.commit ?? {};
  const counts = version === undefined ? undefined : countsOf(into, version);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    const { rowCount } = chunk;
    const vector = (name: string): Vector =>
      names.includes(name) ? chunk.getColumnVector(names.indexOf(name)) : ABSENT;
    const [hosts, times, partitions] = [vector('host'), vector('event_ms'), vector('kafka_partition')];
    const live = LIVE_COLUMNS.map(({ column }) => vector(column));
    const charted = CHARTED_COLUMNS.map(({ column }) => vector(column));
    for (let row = 0; row < rowCount; row += 1) {
      const host = hosts.getItem(row) as string;
      const eventTimeMs = Math.min(times.getItem(row) as number, atMs);
      if (counts !== undefined) count(counts, atMs - eventTimeMs);
      if (into.kept !== undefined && eventTimeMs >= into.kept.fromMs) {
        into.kept.window.add(host, eventTimeMs, charted, row);
      }
      const known = into.latest.get(host);
      if (known !== undefined && known.eventTimeMs > eventTimeMs) continue;
      const kafkaPartition = (partitions.getItem(row) as number | null) ?? -1;
      into.latest.set(host, liveRow({ host, eventTimeMs, kafkaPartition }, live, row));
    }
  }
}

/** Written out, in the order of LIVE_COLUMNS: objects of one shape cost a tenth of those built name by name. */
function liveRow(
  origin: { host: string; eventTimeMs: number; kafkaPartition: number },
  columns: readonly Vector[],
  row: number,
): LiveRow {
  let column = 0;
  const next = (): unknown => columns[column++]?.getItem(row);
  const number = (): number | null => {
    const value = next();
    return typeof value === 'number' && !Number.isNaN(value) ? value : null;
  };
  return {
    host: origin.host,
    eventTimeMs: origin.eventTimeMs,
    kafkaPartition: origin.kafkaPartition,
    simulated: next() as boolean | null,
    diskMount: next() as string | null,
    cores: number(),
    uptimeSeconds: number(),
    memoryTotalBytes: number(),
    swapTotalBytes: number(),
    diskTotalBytes: number(),
    cpuPct: number(),
    cpuIowaitPct: number(),
    load1: number(),
    memoryPct: number(),
    swapUsedBytes: number(),
    diskPct: number(),
    pressureMemoryPct: number(),
  };
}

function countsOf({ latencies }: Arrivals, version: number): Map<number, number> {
  let counts = latencies.get(version);
  if (counts === undefined) latencies.set(version, (counts = new Map<number, number>()));
  return counts;
}

function count(counts: Map<number, number>, latencyMs: number): void {
  const bucket = bucketOf(latencyMs);
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}
