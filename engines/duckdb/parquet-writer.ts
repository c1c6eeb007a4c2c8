import { join } from 'node:path';
import { SluiceError } from '../../errors/sluice-error.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import type { BatchRequest, WrittenFile } from '../engine.ts';
import { identifier, literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { describeFile, type ReturnedFile } from './returned-files.ts';

/** Writes the rows of `select` into one Parquet file for each of the table's partitions, with statistics in the same pass. */
export async function writeParquet(
  session: DuckDbSession,
  select: string,
  shape: TableShape,
  request: BatchRequest,
  firstIndex = 0,
): Promise<WrittenFile[]> {
  const partitionBy = shape.partitionColumns.map((column) => identifier(column.name)).join(', ');
  const folder = join(request.scratchFolder, shape.table);
  const returned = (await session.rows(
    `COPY (${select}) TO ${literal(folder)}
     (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (${partitionBy}), RETURN_STATS)`,
  )) as unknown as ReturnedFile[];
  requirePartitionLimit(request, shape.table, returned.length);
  return returned
    .filter((file) => Number(file.count) > 0)
    .map((file, index) => ({
      ...describeFile(file, shape.columns),
      path: batchFilePath({ ...request.plan, shard: request.shard ?? 0 }, request.attempt, firstIndex + index),
      partitionValues: Object.fromEntries((file.partition_keys ?? []).map(({ key, value }) => [key, value])),
    }));
}

/** @throws SluiceError LIMIT_EXCEEDED */
export function requirePartitionLimit({ plan, definition }: BatchRequest, table: string, partitions: number): void {
  const { maxPartitions } = definition.limits;
  if (partitions <= maxPartitions) return;
  throw new SluiceError(
    'LIMIT_EXCEEDED',
    `Batch ${plan.sequence} of ${table} falls into ${partitions} partitions, above the limit of ${maxPartitions}.`,
    { remedy: 'Raise limits.max_partitions in the table definition, or lower limits.max_rows.' },
  );
}
