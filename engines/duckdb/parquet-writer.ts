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
): Promise<WrittenFile[]> {
  const partitionBy = shape.partitionColumns.map((column) => identifier(column.name)).join(', ');
  const folder = join(request.scratchFolder, shape.table);
  const returned = (await session.rows(
    `COPY (${select}) TO ${literal(folder)}
     (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (${partitionBy}), RETURN_STATS)`,
  )) as unknown as ReturnedFile[];
  if (returned.length > request.definition.limits.maxPartitions) {
    throw new SluiceError(
      'LIMIT_EXCEEDED',
      `Batch ${request.plan.sequence} of ${shape.table} falls into ${returned.length} partitions, above the limit of ${request.definition.limits.maxPartitions}.`,
      { remedy: 'Raise limits.max_partitions in the table definition, or lower limits.max_rows.' },
    );
  }
  return returned
    .filter((file) => Number(file.count) > 0)
    .map((file, index) => ({
      ...describeFile(file, shape.columns),
      path: batchFilePath({ ...request.plan, shard: 0 }, request.attempt, index),
      partitionValues: Object.fromEntries((file.partition_keys ?? []).map(({ key, value }) => [key, value])),
    }));
}
