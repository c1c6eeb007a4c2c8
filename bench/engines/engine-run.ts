import { median } from '../measure/measurement.ts';
import { type Machine, machineInWords } from '../measure/report.ts';

export interface MeasuredBatch {
  readonly records: number;
  readonly seconds: number;
  /** User and system time of the engine's processes. */
  readonly cpuSeconds: number;
  readonly files: number;
  readonly sizeBytes: number;
}

/** What one engine took for its batches. */
export interface EngineRun {
  /** The first batch of a worker, and of a server, that have just started. */
  readonly cold: MeasuredBatch;
  readonly warm: readonly MeasuredBatch[];
  /** The most that the worker's process had resident. */
  readonly peakMiB: number;
  /** The same of the Spark Connect server, whose executor is in it; 0 where there is none. */
  readonly serverPeakMiB: number;
}

export interface EngineReport {
  readonly startedAt: string;
  readonly machine: Machine;
  /** Of the machine, over the last minute, with Spark's own work in it. */
  readonly load: number;
  readonly runs: number;
  readonly duckdb: EngineRun;
  readonly spark: EngineRun;
}

/** Markdown, DuckDB and Spark side by side. */
export function engineReport({ startedAt, machine, load, runs, duckdb, spark }: EngineReport): string {
  const sizes = [...new Set(duckdb.warm.map(({ records }) => records))];
  const of = (run: EngineRun, records: number, figure: 'seconds' | 'cpuSeconds'): number =>
    median(run.warm.filter((batch) => batch.records === records).map((batch) => batch[figure]));
  const row = (what: string, one: number, other: number, unit: string, digits = 2): string =>
    `| ${what} | ${one.toFixed(digits)} ${unit} | ${other.toFixed(digits)} ${unit} | ${(other / one).toFixed(1)} × |\n`;
  const rows = [
    row(`first batch, ${duckdb.cold.records} records`, duckdb.cold.seconds, spark.cold.seconds, 's'),
    row('its CPU time', duckdb.cold.cpuSeconds, spark.cold.cpuSeconds, 's'),
    ...sizes.flatMap((size) => [
      row(`warm batch, ${size} records`, of(duckdb, size, 'seconds'), of(spark, size, 'seconds'), 's'),
      row('its CPU time', of(duckdb, size, 'cpuSeconds'), of(spark, size, 'cpuSeconds'), 's'),
    ]),
    row('peak memory, worker', duckdb.peakMiB, spark.peakMiB, 'MiB', 0),
    `| peak memory, server | – | ${spark.serverPeakMiB.toFixed(0)} MiB | |\n`,
  ];
  return `# DuckDB and Spark on the same batches

Records of 168 bytes from three Kafka partitions into Parquet, a file for each event hour at least; medians of ${runs} warm batches of each size, on ${startedAt}. Both engines ran on the
same machine, one after the other: ${machineInWords(machine)}; Spark as the local server, its executor in the same process.
Its load was ${load.toFixed(1)} at the end, with Spark's own work in it: far above its ${machine.cores} cores, others were at work too, and CPU time tells more than seconds. CPU time is that of worker and server together.

| what | DuckDB | Spark | Spark takes |
| --- | ---: | ---: | ---: |
${rows.join('')}
Repeat it: \`npm run bench:engines\`
`;
}
