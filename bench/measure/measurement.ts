/** What one run of one contender came to. */
export interface Measurement {
  readonly contender: string;
  readonly rows: number;
  /** From its start until all rows were in the table, and what Sluice publishes published. */
  readonly seconds: number;
  /** User and system time of all processes of the contender, from their start; Kafka's is nobody's. */
  readonly cpuSeconds: number;
  /** The same without what it took to start: from when it was ready for work. */
  readonly busyCpuSeconds: number;
  readonly busySeconds: number;
  /** The most that any of its processes had resident. */
  readonly peakMiB: number;
  readonly bytes: number;
  readonly files: number;
  readonly firstRowSeconds: number | null;
}

export type Figure = Exclude<keyof Measurement, 'contender'>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of each figure over the runs of one contender. */
export function medians(runs: readonly Measurement[]): Measurement {
  const of = (figure: Figure): number => median(runs.map((run) => run[figure] ?? Number.NaN));
  return {
    contender: runs[0]?.contender ?? '',
    rows: of('rows'),
    seconds: of('seconds'),
    cpuSeconds: of('cpuSeconds'),
    busyCpuSeconds: of('busyCpuSeconds'),
    busySeconds: of('busySeconds'),
    peakMiB: of('peakMiB'),
    bytes: of('bytes'),
    files: of('files'),
    firstRowSeconds: runs.some((run) => run.firstRowSeconds === null) ? null : of('firstRowSeconds'),
  };
}
