import type { DuckDBConnection } from '@duckdb/node-api';
import { bucketOf } from './freshness.ts';
import { CHARTED_COLUMNS, LIVE_COLUMNS } from './health-columns.ts';
import { type ReadableFile, rowsOf } from './health-sql.ts';
import type { MetricWindow, Vector } from './metric-window.ts';
import type { TrackedServer } from './tracked-server.ts';

/** What files that are read one after another bring, and where it goes. */
export interface Arrivals {
  /** The server that a row is written to where it is its newest. */
  readonly newer: (host: string, eventTimeMs: number) => TrackedServer | undefined;
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
      const server = into.newer(host, eventTimeMs);
      if (server === undefined) continue;
      server.kafkaPartition = (partitions.getItem(row) as number | null) ?? -1;
      write(server, live, row);
    }
  }
}

/** Written out, in the order of LIVE_COLUMNS: name by name costs ten times as much. */
function write(server: TrackedServer, columns: readonly Vector[], row: number): void {
  let column = 0;
  const next = (): unknown => columns[column++]?.getItem(row);
  const number = (): number => (next() as number | null) ?? Number.NaN;
  server.simulated = next() === true;
  server.diskMount = next() as string | null;
  server.cores = number();
  server.uptimeSeconds = number();
  server.memoryTotalBytes = number();
  server.swapTotalBytes = number();
  server.diskTotalBytes = number();
  server.cpuPct = number();
  server.cpuIowaitPct = number();
  server.load1 = number();
  server.memoryPct = number();
  server.swapUsedBytes = number();
  server.diskPct = number();
  server.pressureMemoryPct = number();
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
