export interface LoadReading {
  readonly load_1: number;
  readonly load_5: number;
  readonly load_15: number;
  /** Kernel scheduling entities: processes and threads. */
  readonly tasks: number;
}

/** Parses /proc/loadavg (proc_loadavg(5)): three averages, `runnable/total` tasks, the last process id. */
export function parseLoad(text: string): LoadReading | undefined {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) \d+\/(\d+)/.exec(text);
  if (!match) return undefined;
  const [load1, load5, load15, tasks] = match.slice(1).map(Number);
  if (load1 === undefined || load5 === undefined || load15 === undefined || tasks === undefined) return undefined;
  return { load_1: load1, load_5: load5, load_15: load15, tasks };
}
