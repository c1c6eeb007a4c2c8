import { literal } from '../duckdb/quote.ts';
import { DuckDbSession } from '../duckdb/session.ts';
import { joinRuns, type OffsetRun } from '../plans/backfill-planning.ts';
import { decodedPath } from '../plans/file-place.ts';
import type { TableLog } from './log/table-log.ts';
import type { Storage } from './storage/storage.ts';

/** Runs of a Kafka partition that are told apart; where there are more, what lies between the closest is taken along. */
export const MAX_RUNS = 1_000;

/** Offsets of every record in a rejected table, by Kafka partition, as runs in order. */
export async function rejectedRuns(
  storage: Storage,
  rejected: TableLog,
  tablePath: string,
): Promise<Map<number, OffsetRun[]>> {
  const paths = [...rejected.snapshot.files.keys()].map((path) => `${tablePath}/${decodedPath(path)}`);
  if (paths.length === 0) return new Map();
  const rows = await storage.readLocally(paths, (local) =>
    DuckDbSession.once(
      `SELECT kafka_partition AS p, min(kafka_offset)::VARCHAR AS first, max(kafka_offset)::VARCHAR AS last
       FROM (SELECT kafka_partition, kafka_offset,
               kafka_offset - row_number() OVER (PARTITION BY kafka_partition ORDER BY kafka_offset) AS run
             FROM read_parquet([${local.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false))
       GROUP BY kafka_partition, run ORDER BY kafka_partition, min(kafka_offset)`,
    ),
  );
  const runs = rows.map((row) => ({
    partition: Number(row['p']),
    start: BigInt(String(row['first'])),
    end: BigInt(String(row['last'])) + 1n,
  }));
  const byPartition = Map.groupBy(runs, ({ partition }) => partition);
  return new Map([...byPartition].map(([partition, of]) => [partition, joinRuns(of, MAX_RUNS)]));
}
