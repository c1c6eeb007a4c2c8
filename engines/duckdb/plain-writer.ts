import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { literal } from '../../duckdb/quote.ts';
import type { DuckDbSession } from '../../duckdb/session.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { mainTable } from '../../plans/table-shape.ts';
import type { BatchRequest, WrittenFile } from '../engine.ts';
import type { PlainRows } from './plain-rows.ts';
import { describeFile, type ReturnedFile } from './returned-files.ts';

const HOUR_MS = 3_600_000;
/** Files of batches are soon compacted: what a higher level saves of them is not worth its time. */
const BATCH_COMPRESSION_LEVEL = 1;
/** Nor are larger dictionaries, of measures for example: they make such a file a tenth smaller, for a quarter of the time; nor Bloom filters. */
const BATCH_DICTIONARY_MAX_VALUES = 4096;

/**
 * Writes a file for each period. One COPY a period, since DuckDB's own PARTITION_BY hashes and copies every row: it takes twice
 * the time of writing.
 */
export async function writePlainRows(
  session: DuckDbSession,
  rows: PlainRows,
  request: BatchRequest,
): Promise<WrittenFile[]> {
  const { definition, scratchFolder, plan, shard = 0, attempt, signal } = request;
  const shape = mainTable(definition);
  // A name that no table has: what is read carefully is written into a folder of the table's name.
  const folder = join(scratchFolder, '~plain');
  await mkdir(folder);
  const files: WrittenFile[] = [];
  for (const period of [...rows.periods].sort((a, b) => a - b)) {
    signal.throwIfAborted();
    const [file] = (await session.rows(
      `COPY (${rows.select(period)})
       TO ${literal(join(folder, `${period}.parquet`))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL ${BATCH_COMPRESSION_LEVEL}, DICTIONARY_SIZE_LIMIT ${BATCH_DICTIONARY_MAX_VALUES}, WRITE_BLOOM_FILTER false, RETURN_STATS)`,
    )) as unknown as ReturnedFile[];
    if (file === undefined) continue;
    files.push({
      ...describeFile(file, shape.columns),
      path: batchFilePath({ ...plan, shard }, attempt, files.length),
      partitionValues: partitionValuesOf(definition, period),
    });
  }
  const written = files.reduce((sum, file) => sum + file.rows, 0);
  if (written === rows.rows) return files;
  throw new SluiceError('COUNT_MISMATCH', `Batch ${plan.sequence}: ${rows.rows} rows became ${written} in files.`);
}

/** The canonical texts of a partition, as Hive has them. */
function partitionValuesOf({ partitionBy }: TableDefinition, period: number): Record<string, string> {
  const hours = partitionBy === 'hour' ? period : period * 24;
  const dt = new Date(hours * HOUR_MS).toISOString().slice(0, 10);
  return partitionBy === 'hour' ? { dt, hour: String(hours % 24) } : { dt };
}
