/**
 * How many rows a second Sluice takes on a machine of one core and on one of two, with one worker and with two that share each
 * batch:
 *   node bench/cores.ts [--records 3000000] [--runs 3] [--report cores]
 * taskset(1) holds everything to the cores, Kafka and the services around Sluice too; or the worker alone.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { BenchArena } from './arena.ts';
import { runSluice, type SluiceSetup } from './contenders/sluice.ts';
import { NARROW } from './data/bench-data.ts';
import { type Measurement, medians } from './measure/measurement.ts';
import { family } from './measure/processes.ts';
import { keepReport, machineInWords, thisMachine } from './measure/report.ts';

interface CoreSetup extends SluiceSetup {
  readonly name: string;
  /** The cores of the machine, as taskset(1) takes them. */
  readonly machine: string;
}

const ALL_CORES = '0,1';

const SETUPS: readonly CoreSetup[] = [
  { name: 'one core for everything', machine: '0' },
  { name: 'two cores, one worker', machine: ALL_CORES },
  { name: 'two cores, two workers (`limits.shards: 2`)', machine: ALL_CORES, helpers: 1 },
  { name: 'two cores, one worker on one of them', machine: ALL_CORES, cores: '0' },
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
      for (const { name, machine, ...setup } of SETUPS) {
        process.stderr.write(`  run ${run}: ${name}\n`);
        hold(machine);
        found.push([name, await runSluice(bench.arena, bench.folder('cores'), (table += 1), setup)]);
      }
    }
    return [...Map.groupBy(found, ([name]) => name)].map(([name, runs]) => [name, medians(runs.map(([, run]) => run))]);
  } finally {
    hold(ALL_CORES);
    await bench.stop();
  }
}

/** Has this process, and all that it has started, use these cores; what it starts from now on does so too. */
function hold(cores: string): void {
  for (const { pid } of family(process.pid)) {
    try {
      execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' });
    } catch {
      // It has ended since it was listed.
    }
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

${records} records of 170 bytes in three partitions; medians of ${values.runs} alternating runs, from when the workers were ready until the last row was in the log and in Hive. "For everything": Sluice, Temporal, the metastore,
three brokers and the benchmark itself are held to that core by taskset, as on a smaller machine; else they share both: ${machineInWords(thisMachine())}. Memory is that of the largest worker.

| on | rows / s | times one core | rows / CPU-s | peak memory | files |
| --- | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}

Repeat it: \`node bench/cores.ts --records ${records} --runs ${values.runs}\`
`;
}

const text = markdown(await measure());
process.stdout.write(text);
if (values.report !== undefined) keepReport(values.report, text);
