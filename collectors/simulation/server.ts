import type { HealthRecord } from '../record.ts';
import { incidentEndMs, strengthOf, type Incident, type IncidentKind } from './incident.ts';
import { clamp, mix, Random } from './random.ts';
import { sizeFrom, type ServerSize } from './size.ts';
import { Walk } from './walk.ts';

/** What of this machine's own record the simulated servers follow. */
export type Reference = Partial<Pick<HealthRecord, 'cpu_pct' | 'memory_pct' | 'network_receive_bytes_per_s'>>;

const DAY_MS = 86_400_000;
const WAVE_MS = 1_200_000;
/** A server that was silent for longer goes on as if it had been this long. */
const LONGEST_STEP_S = 60;
const LOAD_AVERAGES_S = [60, 300, 900] as const;

/** What an incident of each severity drives a figure to, from its mildest to its worst. */
const LEVELS = {
  warning: { cpu: [91.5, 94], memory: [91, 93.5], disk: [86.5, 90], loadPerCore: [2.3, 2.9], iowait: [34, 46] },
  critical: { cpu: [98.2, 99.6], memory: [96.5, 99], disk: [96, 98.5], loadPerCore: [4.6, 6.5], iowait: [64, 78] },
} as const;

/** How a server is before anything goes wrong on it, in percent. */
interface Habits {
  readonly cpu: number;
  readonly userShare: number;
  readonly memory: number;
  readonly disk: number;
  readonly bytesPerS: number;
  readonly dayPhase: number;
  readonly wavePhase: number;
}

/**
 * A server that is not there. Its figures follow this machine's own a little, a day's rhythm, its own habits and walks,
 * and whatever incident it is given; the same host, times and references give the same records.
 */
export class SimulatedServer {
  readonly host: string;
  readonly size: ServerSize;
  readonly #habits: Habits;
  readonly #cpu: Walk;
  readonly #memory: Walk;
  readonly #traffic: Walk;
  readonly #io: Walk;
  readonly #bootMs: number;
  #loads: readonly [number, number, number];
  #steppedAtMs: number;
  #incident: Incident | undefined;

  constructor(host: string, nowMs: number) {
    const random = new Random(host);
    this.host = host;
    this.size = sizeFrom(random);
    this.#habits = {
      cpu: random.between(4, 32),
      userShare: random.between(0.62, 0.86),
      memory: random.between(22, 66),
      disk: random.between(14, 68),
      bytesPerS: this.size.cores * 10 ** random.between(4.3, 6),
      dayPhase: random.between(-0.12, 0.12),
      wavePhase: random.next(),
    };
    this.#cpu = new Walk(random);
    this.#memory = new Walk(random);
    this.#traffic = new Walk(random);
    this.#io = new Walk(random);
    this.#bootMs = nowMs - random.between(3_600, 200 * 86_400) * 1000;
    const load = (this.size.cores * this.#habits.cpu) / 100;
    this.#loads = [load, load, load];
    this.#steppedAtMs = nowMs - 1000;
  }

  /** Begins an incident; the one before it, if any, is over. */
  suffer(incident: Incident): void {
    this.#incident = incident;
  }

  isWell(nowMs: number): boolean {
    return this.#incident === undefined || nowMs >= incidentEndMs(this.#incident);
  }

  /** The record of this moment; time must not go back between steps. */
  step(nowMs: number, reference: Reference = {}): HealthRecord {
    const elapsedS = clamp((nowMs - this.#steppedAtMs) / 1000, 0, LONGEST_STEP_S);
    this.#steppedAtMs = nowMs;
    const day = 0.5 - 0.5 * Math.cos(2 * Math.PI * (nowMs / DAY_MS + this.#habits.dayPhase));
    const io = this.#io.step(elapsedS);
    const cpu = this.#cpuFigures(nowMs, elapsedS, day, io, reference);
    const stall = this.#strength('io-stall', nowMs);
    return {
      host: this.host,
      event_time: new Date(nowMs).toISOString(),
      simulated: true,
      cores: this.size.cores,
      uptime_s: Math.floor((nowMs - this.#bootMs) / 1000),
      ...cpu,
      ...this.#loadFigures(nowMs, elapsedS, cpu.cpu_pct),
      ...this.#memoryFigures(nowMs, elapsedS, day, reference),
      ...this.#diskFigures(nowMs, day, io, stall),
      ...this.#networkFigures(elapsedS, day, reference),
      pressure_io_pct: clamp(cpu.cpu_iowait_pct * 1.25, 0, 100),
    };
  }

  #cpuFigures(nowMs: number, elapsedS: number, day: number, io: number, reference: Reference) {
    const { cpu, userShare, wavePhase } = this.#habits;
    const wave = Math.sin(2 * Math.PI * (nowMs / WAVE_MS + wavePhase));
    const followed = 0.1 * (reference.cpu_pct ?? 30);
    const usual = clamp(cpu + 14 * day + 4 * wave + followed + 6 * this.#cpu.step(elapsedS), 0.5, 74);
    const storm = this.#strength('cpu-runaway', nowMs) || this.#strength('load-storm', nowMs);
    const iowait = mix(clamp(1.2 + io, 0, 4), this.#level('iowait'), this.#strength('io-stall', nowMs));
    const busy = Math.min(mix(usual, this.#level('cpu'), storm), 100 - iowait * (1 - storm));
    const steal = Math.min(busy * 0.01, 0.6);
    return {
      cpu_pct: busy,
      cpu_user_pct: (busy - steal) * userShare,
      cpu_system_pct: (busy - steal) * (1 - userShare),
      cpu_iowait_pct: Math.min(iowait, 100 - busy),
      cpu_steal_pct: steal,
    };
  }

  #loadFigures(nowMs: number, elapsedS: number, cpuPct: number) {
    const { cores } = this.size;
    const stall = this.#strength('io-stall', nowMs);
    const storm = Math.max(stall, this.#strength('load-storm', nowMs));
    const demand = mix((cores * cpuPct) / 100, cores * this.#level('loadPerCore'), storm);
    const [one, five, fifteen] = this.#loads.map((load, index) => {
      const share = 1 - Math.exp(-elapsedS / (LOAD_AVERAGES_S[index] ?? 60));
      return mix(load, demand, share);
    });
    this.#loads = [one ?? demand, five ?? demand, fifteen ?? demand];
    const blocked = stall > 0 ? Math.round((demand - (cores * cpuPct) / 100) * 0.8) : 0;
    return {
      load_1: this.#loads[0],
      load_5: this.#loads[1],
      load_15: this.#loads[2],
      processes_running: Math.max(1, Math.round(demand) - Math.max(0, blocked)),
      processes_blocked: Math.max(0, blocked),
      processes_total: Math.round(110 + 16 * cores + demand * 3),
      pressure_cpu_pct: clamp((demand / cores - 0.7) * 55, 0, 99),
    };
  }

  #memoryFigures(nowMs: number, elapsedS: number, day: number, reference: Reference) {
    const { memoryBytes, swapBytes } = this.size;
    const followed = 0.06 * ((reference.memory_pct ?? 50) - 50);
    const usual = clamp(this.#habits.memory + 3 * day + followed + 2.5 * this.#memory.step(elapsedS), 3, 76);
    const percent = mix(usual, this.#level('memory'), this.#strength('memory-leak', nowMs));
    const available = Math.round(memoryBytes * (1 - percent / 100));
    const short = clamp((percent - 85) / 15, 0, 1);
    return {
      memory_total_bytes: memoryBytes,
      memory_available_bytes: available,
      memory_pct: (100 * (memoryBytes - available)) / memoryBytes,
      swap_total_bytes: swapBytes,
      swap_used_bytes: Math.round(swapBytes * (0.02 + 0.8 * short)),
      pressure_memory_pct: 60 * short ** 2,
    };
  }

  #diskFigures(nowMs: number, day: number, io: number, stall: number) {
    const { diskBytes, diskMount } = this.size;
    const percent = mix(this.#habits.disk + day, this.#level('disk'), this.#strength('disk-filling', nowMs));
    const used = Math.round((diskBytes * percent) / 100);
    const filling = this.#strength('disk-filling', nowMs) * 80e6;
    const traffic = this.#habits.bytesPerS * (0.4 + day) * 2 ** io;
    return {
      disk_mount: diskMount,
      disk_total_bytes: diskBytes,
      disk_used_bytes: used,
      disk_pct: (100 * used) / diskBytes,
      disk_read_bytes_per_s: traffic * 0.4 * (1 - 0.9 * stall),
      disk_write_bytes_per_s: traffic * 0.7 * (1 - 0.9 * stall) + filling,
      disk_busy_pct: mix(clamp(6 + 12 * day + 6 * io, 0.3, 60), 100, stall),
    };
  }

  #networkFigures(elapsedS: number, day: number, reference: Reference) {
    const followed = 0.02 * Math.min(reference.network_receive_bytes_per_s ?? 0, 1e8);
    const traffic = this.#habits.bytesPerS * (0.3 + day) * 2 ** this.#traffic.step(elapsedS) + followed;
    return { network_receive_bytes_per_s: traffic, network_transmit_bytes_per_s: traffic * 0.55 };
  }

  #strength(kind: IncidentKind, nowMs: number): number {
    return this.#incident?.kind === kind ? strengthOf(this.#incident, nowMs) : 0;
  }

  #level(figure: keyof (typeof LEVELS)['warning']): number {
    const [mildest, worst] = LEVELS[this.#incident?.severity ?? 'warning'][figure];
    return mix(mildest, worst, this.#incident?.grade ?? 0);
  }
}
