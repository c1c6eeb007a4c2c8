import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROVENANCE_COLUMNS, type TableDefinition } from '../../definition/table-definition.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import type { BatchRequest, WrittenFile } from '../engine.ts';
import { fileStatistics } from '../file-statistics.ts';
import type { WasmInstance } from './wasm-instance.ts';
import type { PlainDecoder } from './plain-decoder.ts';
import { writePlainFile } from './plain-file.ts';

const HOUR_MS = 3_600_000;
/** A row group is encoded and compressed at a time; readers skip whole ones. */
const ROW_GROUP_MAX_ROWS = 128 * 1024;
/** Of the rows as they lie in memory. A page is smaller, and may have 2 GiB. */
const ROW_GROUP_MAX_BYTES = 64 * 1024 ** 2;

/** Writes a file for each period of what the decoder has taken, with statistics in the same pass. */
export async function writePlainRows(
  decoder: PlainDecoder,
  instance: WasmInstance,
  request: BatchRequest,
): Promise<WrittenFile[]> {
  const { definition, scratchFolder, plan, shard = 0, attempt, signal } = request;
  const columns = [...definition.columns, ...PROVENANCE_COLUMNS];
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  // A name that no table has: what is read carefully is written into a folder of the table's name.
  const folder = join(scratchFolder, '~plain');
  await mkdir(folder);
  instance.calls.beginSelections(ROW_GROUP_MAX_ROWS, ROW_GROUP_MAX_BYTES);
  const files: WrittenFile[] = [];
  for (const period of [...decoder.periods].sort((a, b) => a - b)) {
    signal.throwIfAborted();
    const localPath = join(folder, `${period}.parquet`);
    const file = await writePlainFile(localPath, instance, columns, period);
    files.push({
      localPath,
      sizeBytes: file.sizeBytes,
      rows: file.rows,
      stats: fileStatistics(file.rows, file.columns, types),
      path: batchFilePath({ ...plan, shard }, attempt, files.length),
      partitionValues: partitionValuesOf(definition, period),
    });
  }
  const written = files.reduce((sum, file) => sum + file.rows, 0);
  if (written === decoder.rows) return files;
  throw new SluiceError('COUNT_MISMATCH', `Batch ${plan.sequence}: ${decoder.rows} rows became ${written} in files.`);
}

/** The canonical texts of a partition, as Hive has them. */
function partitionValuesOf({ partitionBy }: TableDefinition, period: number): Record<string, string> {
  const hours = partitionBy === 'hour' ? period : period * 24;
  const dt = new Date(hours * HOUR_MS).toISOString().slice(0, 10);
  return partitionBy === 'hour' ? { dt, hour: String(hours % 24) } : { dt };
}
