/**
 * How many rows a second Sluice takes on one core, on two with one worker, and on two with two workers that share each batch:
 *   node bench/cores.ts [--records 3000000] [--runs 3] [--report cores]
 * taskset(1) holds the workers; the services around them, and Kafka, may always use every core.
 */
import { parseArgs } from 'node:util';
import { BenchArena } from './arena.ts';
import { runSluice, type SluiceSetup } from './contenders/sluice.ts';
import { NARROW } from './data/bench-data.ts';
import { type Measurement, medians } from './measure/measurement.ts';
import { keepReport, machineInWords, thisMachine } from './measure/report.ts';

const SETUPS: readonly (readonly [string, SluiceSetup])[] = [
  ['one core, one worker', { cores: '0' }],
  ['two cores, one worker', { cores: '0,1' }],
  ['two cores, two workers (`limits.shards: 2`)', { cores: '0,1', helpers: 1 }],
];

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '3000000' },
    runs: { type: 'string', default: '3' },
    report: { type: 'string' },
  },
});
const records = Number(values.records);

async function measure(): Promise<(readonly [string, Measurement])[]> {
  const bench = await BenchArena.start(NARROW, records, (line) => process.stderr.write(`  ${line}\n`));
  const found: (readonly [string, Measurement])[] = [];
  let table = 0;
  try {
    for (let run = 1; run <= Number(values.runs); run += 1) {
      for (const [name, setup] of SETUPS) {
        process.stderr.write(`  run ${run}: ${name}\n`);
        found.push([name, await runSluice(bench.arena, bench.folder('cores'), (table += 1), setup)]);
      }
    }
    return [...Map.groupBy(found, ([name]) => name)].map(([name, runs]) => [name, medians(runs.map(([, run]) => run))]);
  } finally {
    await bench.stop();
  }
}

function rate({ rows, busySeconds }: Measurement): number {
  return rows / busySeconds;
}

function markdown(found: readonly (readonly [string, Measurement])[]): string {
  const [, first] = found[0] ?? [];
  const lines = found.map(([name, run]) => {
    const times = first === undefined ? Number.NaN : rate(run) / rate(first);
    const thousands = (value: number): string => `${Math.round(value / 1000)} k`;
    return `| ${name} | ${thousands(rate(run))} | ${times.toFixed(2)} × | ${thousands(run.rows / run.busyCpuSeconds)} | ${Math.round(run.peakMiB)} MiB | ${run.files} |`;
  });
  return `# Two cores against one

${records} records of 170 bytes in three partitions; medians of ${values.runs} alternating runs, from when the workers were ready until the last row was in the log and in Hive. The workers are held to
these cores by taskset; Temporal, the metastore and three brokers share the same ${machineInWords(thisMachine())}, and use whatever is free. Memory is that of the largest worker.

| workers on | rows / s | times one core | rows / CPU-s | peak memory | files |
| --- | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}

Repeat it: \`node bench/cores.ts --records ${records} --runs ${values.runs}\`
`;
}

const text = markdown(await measure());
process.stdout.write(text);
if (values.report !== undefined) keepReport(values.report, text);
