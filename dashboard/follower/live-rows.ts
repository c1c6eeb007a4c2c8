import type { DuckDBConnection } from '@duckdb/node-api';
import { bucketOf } from './freshness.ts';
import { LIVE_COLUMNS, type LiveRow } from './health-columns.ts';
import { type ReadableFile, relationOf } from './health-sql.ts';

export interface ArrivedRows {
  /** The newest row of each host. */
  readonly latest: ReadonlyMap<string, LiveRow>;
  /** Rows by version and latency bucket (see freshness.ts), for files whose commit is known. */
  readonly latencies: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/** Columns before LIVE_COLUMNS in the question below. */
const OWN_COLUMNS = 4;

interface Vector {
  getItem(row: number): unknown;
}

/** Reads of some files what the live page needs, chunk by chunk, so that a large commit does not stop the process. */
export async function readLiveRows(connection: DuckDBConnection, files: readonly ReadableFile[]): Promise<ArrivedRows> {
  const latest = new Map<string, LiveRow>();
  const latencies = new Map<number, Map<number, number>>();
  const commits = new Map(files.flatMap(({ commit }) => (commit ? [[commit.version, commit.atMs] as const] : [])));
  const result = await connection.stream(
    `SELECT host, event_ms::DOUBLE, kafka_partition, version::DOUBLE, * EXCLUDE (host, event_ms, kafka_partition, version)
     FROM (${relationOf(LIVE_COLUMNS, files)})`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return { latest, latencies };
    const vectors: Vector[] = Array.from({ length: chunk.columnCount }, (_, index) => chunk.getColumnVector(index));
    const columns = vectors.slice(OWN_COLUMNS);
    const [hosts, times, partitions, versions] = vectors as [Vector, Vector, Vector, Vector];
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const host = hosts.getItem(row) as string;
      const eventTimeMs = times.getItem(row) as number;
      const version = versions.getItem(row) as number | null;
      if (version !== null) count(latencies, version, (commits.get(version) ?? eventTimeMs) - eventTimeMs);
      const known = latest.get(host);
      if (known !== undefined && known.eventTimeMs > eventTimeMs) continue;
      const kafkaPartition = (partitions.getItem(row) as number | null) ?? -1;
      latest.set(host, liveRow({ host, eventTimeMs, kafkaPartition }, columns, row));
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

function count(latencies: Map<number, Map<number, number>>, version: number, latencyMs: number): void {
  let counts = latencies.get(version);
  if (counts === undefined) latencies.set(version, (counts = new Map<number, number>()));
  const bucket = bucketOf(latencyMs);
  counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
}
