/**
 * What a batch's metadata costs against how many live files a table has:
 *   node bench/metadata.ts [--files 1000,10000,100000,1000000] [--batches 30] [--report metadata]
 * Each batch is planned (from the log and what Kafka answers), committed with three files of three hours, and published in
 * Hive, by what ingestion itself calls, against brokers and a metastore that run. Its files are none: no link is made.
 */
import { parseArgs } from 'node:util';
import { IngestTable } from '../activities/ingest-table.ts';
import { SYSTEM_CLOCK } from '../clock/clock.ts';
import type { Engine } from '../engines/engine.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { commitBatch } from '../lake/commit-batch.ts';
import { ensureTable } from '../lake/ensure-table.ts';
import { partitionsTouchedBy } from '../lake/hive/bring-up-to-date.ts';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import { HivePublisher } from '../lake/hive/publisher.ts';
import { addAction } from '../lake/log/file-actions.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { BatchSeal, DataFile } from '../plans/batch.ts';
import { batchFilePath } from '../plans/table-paths.ts';
import { rejectedTable } from '../plans/table-shape.ts';
import { BenchArena } from './arena.ts';
import type { Arena } from './contenders/contender.ts';
import { prepareTable } from './contenders/sluice.ts';
import { NARROW } from './data/bench-data.ts';
import { median } from './measure/measurement.ts';
import { keepReport, machineInWords, thisMachine } from './measure/report.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000,10000,100000,1000000' },
    batches: { type: 'string', default: '30' },
    report: { type: 'string' },
  },
});
const batches = Number(values.batches);
/** Batches that a process makes before it counts. */
const WARM_UP_BATCHES = 10;
const TOPIC_RECORDS = 3_000;
const FILES_A_PARTITION = 100;
const FILES_AN_ENTRY = 50_000;
const FILES_A_BATCH = 3;
const HOUR_MS = 3_600_000;

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

function sealOf(sequence: number, topic: string, hours: number): BatchSeal {
  const files = Array.from({ length: FILES_A_BATCH }, (_, index) => fileOf(sequence, index, hours - 1 - index));
  return {
    ...{ format: 1, sequence, revision: 0, attempt: 'bench', sealedAtMs: Date.now(), topic },
    ...{ nextOffsets: { 0: String(sequence) }, rows: 3_000, files },
    ...{ rejectedRows: 0, rejectedFiles: [], unknownFields: {} },
  };
}

/** Medians of a batch's steps, in milliseconds. */
interface Cost {
  readonly liveFiles: number;
  readonly planMs: number;
  readonly commitMs: number;
  readonly publishMs: number;
}

async function measure(arena: Arena, folder: string, liveFiles: number): Promise<Cost> {
  const text = arena.definitionText.replace(/^table: .*$/m, `table: bench_${liveFiles}`);
  const { definition, settings, shape } = prepareTable(arena.settings, folder, text);
  const storage = openStorage(settings);
  const cluster = new KafkaCluster(settings.kafka, 'bench-metadata');
  const log = new TableLog(storage, shape.path, { checkpointEveryCommits: Number.MAX_SAFE_INTEGER });
  const rejectedLog = new TableLog(storage, rejectedTable(definition).path);
  try {
    const source = await cluster.describeTopic(definition.source.topic);
    await ensureTable(log, shape, source);
    await ensureTable(rejectedLog, rejectedTable(definition), source);
    const hours = Math.ceil(liveFiles / FILES_A_PARTITION);
    for (let start = 0; start < liveFiles; start += FILES_AN_ENTRY) {
      const length = Math.min(FILES_AN_ENTRY, liveFiles - start);
      await log.create(
        Array.from({ length }, (_, index) => addAction(fileOf(0, start + index, (start + index) % hours), 0, true)),
      );
    }
    await commitBatch(log, rejectedLog, sealOf(1, source.topic, hours), []);
    const follower = new TableLog(storage, shape.path);
    await follower.refresh();
    const publisher = new HivePublisher({
      metastore: new HiveMetastore(settings.metastore),
      storage: { uriOf: (path) => storage.uriOf(path), linkOrCopy: () => Promise.resolve() },
      shape,
    });
    const { snapshot } = follower;
    await publisher.reconcile([...snapshot.files.values()], snapshot.version, snapshot.metaData);
    const parts = { storage, cluster, engine: NO_ENGINE, tablesFolder: settings.tablesFolder, clock: SYSTEM_CLOCK };
    const table = await IngestTable.open({ ...parts, attemptName: () => 'bench' }, definition.table, NEVER);
    await table.log.refresh();
    const costs: Omit<Cost, 'liveFiles'>[] = [];
    for (let sequence = 2; sequence < 2 + WARM_UP_BATCHES + batches; sequence += 1) {
      const startedMs = performance.now();
      const planned = await table.plan(NEVER);
      if (planned?.plan.sequence !== sequence) throw new Error(`Batch ${sequence} was not planned.`);
      const plannedMs = performance.now();
      await commitBatch(log, rejectedLog, sealOf(sequence, source.topic, hours), []);
      const committedMs = performance.now();
      const afterVersion = snapshot.version;
      const partitions = partitionsTouchedBy(await follower.refresh());
      const { version, metaData } = snapshot;
      const files = snapshot.filesOf(partitions);
      await publisher.publish({ files, partitions, afterVersion, version, metaData });
      const [planMs, commitMs] = [plannedMs - startedMs, committedMs - plannedMs];
      costs.push({ planMs, commitMs, publishMs: performance.now() - committedMs });
    }
    const of = (step: keyof (typeof costs)[number]): number =>
      median(costs.slice(WARM_UP_BATCHES).map((cost) => cost[step]));
    return { liveFiles, planMs: of('planMs'), commitMs: of('commitMs'), publishMs: of('publishMs') };
  } finally {
    await cluster.close();
  }
}

const NEVER = new AbortController().signal;
/** Nothing is written here. */
const NO_ENGINE: Engine = {
  write: () => Promise.reject(new Error('no engine')),
  close: () => Promise.resolve(),
};

function markdown(costs: readonly Cost[]): string {
  const total = ({ planMs, commitMs, publishMs }: Cost): number => planMs + commitMs + publishMs;
  const first = costs[0];
  const lines = costs.map((cost) => {
    const steps = [cost.planMs, cost.commitMs, cost.publishMs, total(cost)].map((ms) => `${ms.toFixed(1)} ms`);
    const times = first === undefined ? Number.NaN : total(cost) / total(first);
    return `| ${cost.liveFiles} | ${cost.liveFiles / FILES_A_PARTITION} | ${steps.join(' | ')} | ${times.toFixed(2)} × |`;
  });
  return `# What a batch's metadata costs

A batch of three files in three hours, against how many live files its table has, ${FILES_A_PARTITION} of them in each hour: planned, committed to the log and published in Hive by what ingestion calls, with
brokers and a metastore on the same machine, and a lake in a folder. Links of files are left out. Medians of ${batches} batches after ${WARM_UP_BATCHES}, in a process that has read the log.
${machineInWords(thisMachine())}.

| live files | partitions | plan | commit | publication | together | times the first |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}

Repeat it: \`node bench/metadata.ts --files ${values.files} --batches ${batches}\`
`;
}

const bench = await BenchArena.start(NARROW, TOPIC_RECORDS, (line) => process.stderr.write(`  ${line}\n`));
try {
  const costs: Cost[] = [];
  for (const liveFiles of values.files.split(',').map(Number)) {
    process.stderr.write(`  ${liveFiles} live files\n`);
    costs.push(await measure(bench.arena, bench.folder('metadata'), liveFiles));
  }
  const text = markdown(costs);
  process.stdout.write(text);
  if (values.report !== undefined) keepReport(values.report, text);
} finally {
  await bench.stop();
}
