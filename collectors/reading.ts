import { existsSync, readFileSync } from 'node:fs';
import type { DiskSpace } from './disk-space.ts';
import { parseCpu, type CpuReading } from './proc/cpu.ts';
import { parseDisks, type DiskCounters } from './proc/disks.ts';
import { parseLoad, type LoadReading } from './proc/load.ts';
import { parseMemory, type MemoryReading } from './proc/memory.ts';
import { parseMounts, type Mount } from './proc/mounts.ts';
import { countedInterfaces, parseNetwork, type InterfaceCounters } from './proc/network.ts';
import { parsePressure } from './proc/pressure.ts';
import { parseUptime } from './proc/uptime.ts';

/** Everything read from the kernel at one moment. A part that this machine does not have is undefined. */
export interface Reading {
  /** Milliseconds since the epoch. */
  readonly takenAtMs: number;
  /** Milliseconds of a clock that is never set, for the time between two readings. */
  readonly monotonicMs: number;
  readonly cpu: CpuReading | undefined;
  readonly memory: MemoryReading | undefined;
  readonly load: LoadReading | undefined;
  readonly uptimeS: number | undefined;
  readonly disks: ReadonlyMap<string, DiskCounters> | undefined;
  readonly interfaces: ReadonlyMap<string, InterfaceCounters> | undefined;
  readonly pressureCpu: number | undefined;
  readonly pressureMemory: number | undefined;
  readonly pressureIo: number | undefined;
  readonly space: DiskSpace | undefined;
}

/** Reads the kernel's files under `procFolder`: a few tenths of a millisecond, no disk touched. */
export function takeReading(space: DiskSpace | undefined, procFolder = '/proc', sysFolder = '/sys'): Reading {
  const parsed = <T>(path: string, parse: (text: string) => T): T | undefined => {
    const text = textOf(`${procFolder}/${path}`);
    return text === undefined ? undefined : parse(text);
  };
  return {
    takenAtMs: Date.now(),
    monotonicMs: performance.now(),
    cpu: parsed('stat', parseCpu),
    memory: parsed('meminfo', parseMemory),
    load: parsed('loadavg', parseLoad),
    uptimeS: parsed('uptime', parseUptime),
    disks: parsed('diskstats', parseDisks),
    interfaces: parsed('net/dev', (text) => {
      const all = parseNetwork(text);
      return countedInterfaces(all, withHardware([...all.keys()], sysFolder));
    }),
    pressureCpu: parsed('pressure/cpu', parsePressure),
    pressureMemory: parsed('pressure/memory', parsePressure),
    pressureIo: parsed('pressure/io', parsePressure),
    space,
  };
}

export function readMounts(procFolder = '/proc'): readonly Mount[] {
  return parseMounts(textOf(`${procFolder}/self/mountinfo`) ?? '');
}

function withHardware(names: readonly string[], sysFolder: string): Set<string> {
  return new Set(names.filter((name) => existsSync(`${sysFolder}/class/net/${name}/device`)));
}

/** A file that a container hides, or a kernel lacks or refuses (pressure, when it is switched off), is simply not there. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
