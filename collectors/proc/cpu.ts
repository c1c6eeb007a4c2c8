/** CPU time since boot by mode, summed over all CPUs, in clock ticks; and what else /proc/stat says about running. */
export interface CpuReading {
  readonly cores: number;
  /** user, nice: guest time is already in them (proc(5)). */
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly steal: number;
  readonly running: number | undefined;
  readonly blocked: number | undefined;
}

export interface CpuShares {
  readonly cpu_pct: number;
  readonly cpu_user_pct: number;
  readonly cpu_system_pct: number;
  readonly cpu_iowait_pct: number;
  readonly cpu_steal_pct: number;
}

/** Parses /proc/stat (proc_stat(5)); undefined where it has no `cpu` line. Columns that an old kernel lacks are 0. */
export function parseCpu(text: string): CpuReading | undefined {
  const total = /^cpu +(.+)$/m.exec(text)?.[1];
  if (total === undefined) return undefined;
  const ticks = total.trim().split(/\s+/).map(Number);
  if (ticks.length < 4 || ticks.some((value) => !Number.isFinite(value))) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = ticks;
  return {
    cores: text.match(/^cpu\d+ /gm)?.length ?? 0,
    user: user + nice,
    system: system + irq + softirq,
    idle,
    iowait,
    steal,
    running: countOf(text, 'procs_running'),
    blocked: countOf(text, 'procs_blocked'),
  };
}

function countOf(text: string, name: string): number | undefined {
  const digits = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Shares of the time between two readings, in percent. Undefined where a counter went back (the kernel's own iowait can,
 * and all do in a restored virtual machine) or no time passed: no figure is better than a wrong one.
 */
export function cpuShares(before: CpuReading, after: CpuReading): CpuShares | undefined {
  const user = after.user - before.user;
  const system = after.system - before.system;
  const idle = after.idle - before.idle;
  const iowait = after.iowait - before.iowait;
  const steal = after.steal - before.steal;
  const total = user + system + idle + iowait + steal;
  if (total <= 0 || Math.min(user, system, idle, iowait, steal) < 0) return undefined;
  const percent = (ticks: number): number => (100 * ticks) / total;
  return {
    cpu_pct: percent(user + system + steal),
    cpu_user_pct: percent(user),
    cpu_system_pct: percent(system),
    cpu_iowait_pct: percent(iowait),
    cpu_steal_pct: percent(steal),
  };
}
