/**
 * What a batch's metadata costs against how many live files a table has:
 *   node bench/metadata/main.ts [--files 1000,10000,100000,1000000] [--files-a-partition 100] [--batches 30] [--report metadata]
 * Each batch is planned (from the log and what Kafka answers), committed with three files of three hours, and published in
 * Hive, by what ingestion itself calls, against brokers and a metastore that run. Its files are none: no link is made.
 */
import { parseArgs } from 'node:util';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { BenchArena } from '../arena.ts';
import type { Arena } from '../contenders/contender.ts';
import { prepareTable } from '../contenders/sluice.ts';
import { NARROW } from '../data/bench-data.ts';
import { keepReport, machineInWords, thisMachine } from '../measure/report.ts';
import { type BatchCost, costOfBatches, WARM_UP_BATCHES } from './batch-cost.ts';
import { FilledTable, type TableSize } from './filled-table.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000,10000,100000,1000000' },
    'files-a-partition': { type: 'string', default: '100' },
    batches: { type: 'string', default: '30' },
    report: { type: 'string' },
  },
});
const batches = Number(values.batches);
const filesAPartition = Number(values['files-a-partition']);
const TOPIC_RECORDS = 3_000;

type MeasuredTable = TableSize & BatchCost & { readonly preparedSeconds: number };

async function measure(arena: Arena, folder: string, files: number): Promise<MeasuredTable> {
  const size = { files, filesAPartition };
  const text = arena.definitionText.replace(/^table: .*$/m, `table: bench_${files}`);
  const cluster = new KafkaCluster(arena.settings.kafka, 'bench-metadata');
  try {
    const startedMs = performance.now();
    const filled = await FilledTable.create(prepareTable(arena.settings, folder, text), cluster, size);
    const cost = await costOfBatches(filled, cluster, batches);
    return { ...size, ...cost, preparedSeconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await cluster.close();
  }
}

function markdown(tables: readonly MeasuredTable[]): string {
  const total = ({ planMs, commitMs, publishMs }: BatchCost): number => planMs + commitMs + publishMs;
  const first = tables[0];
  const lines = tables.map((table) => {
    const { files, planMs, commitMs, publishMs } = table;
    const steps = [planMs, commitMs, publishMs, total(table)].map((ms) => `${ms.toFixed(1)} ms`);
    const times = first === undefined ? Number.NaN : total(table) / total(first);
    return `| ${files} | ${Math.ceil(files / filesAPartition)} | ${steps.join(' | ')} | ${times.toFixed(2)} × |`;
  });
  return `# What a batch's metadata costs

A batch of three files in three hours, against how many live files its table has, ${filesAPartition} of them in each hour: planned, committed to the log and published in Hive by what ingestion calls, with
brokers and a metastore on the same machine, and a lake in a folder. Links of files are left out. Medians of ${batches} batches after ${WARM_UP_BATCHES}, in a process that has read the log.
${machineInWords(thisMachine())}.

| live files | partitions | plan | commit | publication | together | times the first |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}

Repeat it: \`node bench/metadata/main.ts --files ${values.files} --files-a-partition ${filesAPartition} --batches ${batches}\`
`;
}

const progress = (line: string): void => void process.stderr.write(`  ${line}\n`);
const bench = await BenchArena.start(NARROW, TOPIC_RECORDS, progress);
try {
  const tables: MeasuredTable[] = [];
  for (const files of values.files.split(',').map(Number)) {
    progress(`${files} live files`);
    tables.push(await measure(bench.arena, bench.folder('metadata'), files));
    progress(`  ready and measured after ${tables.at(-1)?.preparedSeconds.toFixed(0)} s`);
  }
  const text = markdown(tables);
  process.stdout.write(text);
  if (values.report !== undefined) keepReport(values.report, text);
} finally {
  await bench.stop();
}
