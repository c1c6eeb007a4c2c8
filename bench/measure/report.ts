import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Measurement, medians } from './measurement.ts';

/** What the figures were seen on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly linux: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    linux: release(),
    node: process.version,
  };
}

export function machineInWords({ cores, cpu, memoryGiB, linux, node }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Linux ${linux}, Node ${node}`;
}

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

/** Keeps a report among the results. */
export function keepReport(name: string, markdown: string): void {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.md`), markdown);
}

/** Everything that one run of the benchmark found. */
export interface Comparison {
  readonly data: string;
  readonly records: number;
  readonly recordBytes: number;
  readonly partitions: number;
  readonly machine: Machine;
  readonly startedAt: string;
  readonly runs: readonly Measurement[];
}

/** Medians of each contender, and how many times as many rows a CPU-second Sluice takes. */
export function summary(runs: readonly Measurement[]): (Measurement & { readonly ratio: number | null })[] {
  const all = [...Map.groupBy(runs, ({ contender }) => contender).values()].map(medians);
  const sluice = all.find(({ contender }) => contender === 'sluice');
  return all.map((found) => ({
    ...found,
    ratio: sluice === undefined ? null : rowsPerCpu(sluice) / rowsPerCpu(found),
  }));
}

function rowsPerCpu({ rows, cpuSeconds }: Measurement): number {
  return rows / cpuSeconds;
}

const COLUMNS: readonly (readonly [string, (found: ReturnType<typeof summary>[number]) => string])[] = [
  ['contender', ({ contender }) => contender],
  ['rows / CPU-s', (found) => thousands(rowsPerCpu(found))],
  ['Sluice is', ({ ratio }) => (ratio === null ? '' : `${ratio.toFixed(ratio < 10 ? 2 : 1)} ×`)],
  ['CPU-s', ({ cpuSeconds }) => cpuSeconds.toFixed(1)],
  ['rows / CPU-s once started', ({ rows, busyCpuSeconds }) => thousands(rows / busyCpuSeconds)],
  ['rows / s once started', ({ rows, busySeconds }) => thousands(rows / busySeconds)],
  ['first row', ({ firstRowSeconds }) => (firstRowSeconds === null ? '' : `${firstRowSeconds.toFixed(1)} s`)],
  ['peak memory', ({ peakMiB }) => `${Math.round(peakMiB)} MiB`],
  ['written', ({ bytes }) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`],
  ['files', ({ files }) => String(files)],
];

export function markdownTable(comparison: Comparison): string {
  const rows = summary(comparison.runs).map((found) => COLUMNS.map(([, text]) => text(found)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(COLUMNS.map(([title]) => title)),
    line(COLUMNS.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line),
  ].join('');
}

export function markdownReport(comparison: Comparison): string {
  const { machine, records, recordBytes, partitions, data, runs, startedAt } = comparison;
  const each = Math.max(...[...Map.groupBy(runs, ({ contender }) => contender).values()].map(({ length }) => length));
  return `# Rows for each CPU-second: ${data} records

${records} records of ${recordBytes} bytes in ${partitions} partitions, spread over 24 event hours; medians of ${each} alternating runs, on ${startedAt}.
Each output was counted before its figures. CPU-seconds are user and system time of all processes of a contender (Sluice: worker, Temporal
and Hive Metastore), from their start; Kafka's own are nobody's. ${machineInWords(machine)}.

${markdownTable(comparison)}
Repeat it: \`npm run bench -- --data ${data} --records ${records}\`
`;
}

function thousands(value: number): string {
  return `${Math.round(value / 1000)} k`;
}
