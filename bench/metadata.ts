/**
 * What a batch's metadata costs against how many live files a table has: node bench/metadata.ts [--batches 30]
 * Each batch commits three files of three hours to a log on disk and works out what Hive must be told, as ingestion and
 * publication do. Hive's own answers are left out: they are of the partitions touched, whatever else there is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { parseDefinition } from '../definition/parse.ts';
import { commitBatch } from '../lake/commit-batch.ts';
import { ensureTable } from '../lake/ensure-table.ts';
import { partitionsTouchedBy } from '../lake/hive/bring-up-to-date.ts';
import { addAction } from '../lake/log/file-actions.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { BatchSeal, DataFile } from '../plans/batch.ts';
import { publicationSteps, wantedPartitions } from '../plans/publication.ts';
import { batchFilePath } from '../plans/table-paths.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import { readSettings } from '../settings/settings.ts';
import { NARROW } from './data/bench-data.ts';
import { median } from './measure/measurement.ts';

const { values } = parseArgs({ options: { batches: { type: 'string', default: '30' } } });
const LIVE_FILES = [1_000, 10_000, 100_000, 1_000_000];
const FILES_A_PARTITION = 100;
const FILES_AN_ENTRY = 50_000;
const FILES_A_BATCH = 3;
const HOUR_MS = 3_600_000;

const definition = parseDefinition(NARROW.definition, 'bench_narrow.yaml');
const shape = mainTable(definition);
const columns = shape.partitionColumns.map(({ name }) => name);
const source = { topic: definition.source.topic, topicId: '00000000-0000-0000-0000-000000000000' };

function fileOf(sequence: number, index: number, hour: number): DataFile {
  const time = new Date(hour * HOUR_MS).toISOString();
  return {
    path: batchFilePath({ sequence, revision: 0, shard: 0 }, 'bench', index),
    partitionValues: { dt: time.slice(0, 10), hour: String(Number(time.slice(11, 13))) },
    sizeBytes: 100_000,
    rows: 1_000,
    stats: '{"numRecords":1000}',
  };
}

function sealOf(sequence: number, hours: number): BatchSeal {
  const files = Array.from({ length: FILES_A_BATCH }, (_, index) => fileOf(sequence, index, hours - 1 - index));
  return {
    ...{ format: 1, sequence, revision: 0, attempt: 'bench', sealedAtMs: Date.now(), topic: source.topic },
    ...{
      nextOffsets: { 0: String(sequence) },
      rows: 3_000,
      files,
      rejectedRows: 0,
      rejectedFiles: [],
      unknownFields: {},
    },
  };
}

/** Medians, in milliseconds, of committing a batch and of following it to what Hive is to be told. */
async function measure(liveFiles: number, lake: string): Promise<{ commitMs: number; publishMs: number }> {
  const storage = openStorage(readSettings({ SLUICE_LAKE: pathToFileURL(lake).href }));
  const log = new TableLog(storage, shape.path, { checkpointEveryCommits: Number.MAX_SAFE_INTEGER });
  const rejectedLog = new TableLog(storage, rejectedTable(definition).path);
  await ensureTable(log, shape, source);
  await ensureTable(rejectedLog, rejectedTable(definition), source);
  const hours = Math.ceil(liveFiles / FILES_A_PARTITION);
  for (let start = 0; start < liveFiles; start += FILES_AN_ENTRY) {
    const length = Math.min(FILES_AN_ENTRY, liveFiles - start);
    await log.create(
      Array.from({ length }, (_, index) => addAction(fileOf(0, start + index, (start + index) % hours), 0, true)),
    );
  }
  const follower = new TableLog(storage, shape.path);
  await follower.refresh();
  const [commits, publications]: [number[], number[]] = [[], []];
  for (let sequence = 1; sequence <= Number(values.batches); sequence += 1) {
    const startedMs = performance.now();
    await commitBatch(log, rejectedLog, sealOf(sequence, hours), []);
    const committedMs = performance.now();
    const partitions = partitionsTouchedBy(await follower.refresh());
    publicationSteps(wantedPartitions(follower.snapshot.filesOf(partitions), columns), []);
    commits.push(committedMs - startedMs);
    publications.push(performance.now() - committedMs);
  }
  return { commitMs: median(commits), publishMs: median(publications) };
}

for (const liveFiles of LIVE_FILES) {
  const lake = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const { commitMs, publishMs } = await measure(liveFiles, lake);
    const figures = `commit ${commitMs.toFixed(1)} ms, publication ${publishMs.toFixed(1)} ms`;
    process.stdout.write(
      `${String(liveFiles).padStart(9)} live files, ${liveFiles / FILES_A_PARTITION} partitions: ${figures}\n`,
    );
  } finally {
    rmSync(lake, { recursive: true, force: true });
  }
}
