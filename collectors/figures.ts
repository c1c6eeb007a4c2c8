import { cpuShares } from './proc/cpu.ts';
import { diskRates } from './proc/disks.ts';
import { networkRates } from './proc/network.ts';
import type { Reading } from './reading.ts';
import type { HealthRecord } from './record.ts';

/** The record of a reading; rates and shares of time need the reading before it, and are left out without one. */
export function figuresOf(host: string, before: Reading | undefined, now: Reading): HealthRecord {
  const { tasks, ...loads } = now.load ?? {};
  return {
    host,
    event_time: new Date(now.takenAtMs).toISOString(),
    simulated: false,
    cores: now.cpu?.cores || undefined,
    uptime_s: now.uptimeS,
    ...(before?.cpu && now.cpu ? cpuShares(before.cpu, now.cpu) : undefined),
    ...loads,
    ...now.memory,
    ...now.space,
    ...ratesOf(before, now),
    processes_running: now.cpu?.running,
    processes_blocked: now.cpu?.blocked,
    processes_total: tasks,
    pressure_cpu_pct: now.pressureCpu,
    pressure_memory_pct: now.pressureMemory,
    pressure_io_pct: now.pressureIo,
  };
}

function ratesOf(before: Reading | undefined, now: Reading): Partial<HealthRecord> {
  if (before === undefined) return {};
  const elapsedMs = now.monotonicMs - before.monotonicMs;
  return {
    ...(before.disks && now.disks ? diskRates(before.disks, now.disks, elapsedMs) : undefined),
    ...(before.interfaces && now.interfaces ? networkRates(before.interfaces, now.interfaces, elapsedMs) : undefined),
  };
}
