import { clamp, type Random } from './random.ts';

export const INCIDENT_KINDS = ['cpu-runaway', 'memory-leak', 'disk-filling', 'load-storm', 'io-stall'] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];
export type Severity = 'warning' | 'critical';

/** Something going wrong on one server: it builds up, lasts, and is put right. Times are milliseconds. */
export interface Incident {
  readonly kind: IncidentKind;
  readonly severity: Severity;
  readonly startMs: number;
  readonly buildUpMs: number;
  readonly lastsMs: number;
  readonly recoveryMs: number;
  /** Where it lies between the mildest (0) and the worst (1) of its severity. */
  readonly grade: number;
}

interface Course {
  readonly buildUpS: readonly [number, number];
  readonly lastsS: readonly [number, number];
  readonly recoveryS: number;
}

/** A leaking process is killed at once, a full disk is cleaned, a stalled one answers again. */
const COURSES: Readonly<Record<IncidentKind, Course>> = {
  'cpu-runaway': { buildUpS: [8, 20], lastsS: [90, 300], recoveryS: 10 },
  'memory-leak': { buildUpS: [120, 240], lastsS: [90, 240], recoveryS: 4 },
  'disk-filling': { buildUpS: [120, 300], lastsS: [180, 420], recoveryS: 20 },
  'load-storm': { buildUpS: [10, 30], lastsS: [90, 240], recoveryS: 30 },
  'io-stall': { buildUpS: [4, 10], lastsS: [60, 180], recoveryS: 10 },
};

export function incidentFrom(random: Random, severity: Severity, startMs: number): Incident {
  const kind = random.pick(INCIDENT_KINDS);
  const { buildUpS, lastsS, recoveryS } = COURSES[kind];
  return {
    kind,
    severity,
    startMs,
    buildUpMs: random.between(...buildUpS) * 1000,
    lastsMs: random.between(...lastsS) * 1000,
    recoveryMs: recoveryS * 1000,
    grade: random.next(),
  };
}

export function incidentEndMs({ startMs, buildUpMs, lastsMs, recoveryMs }: Incident): number {
  return startMs + buildUpMs + lastsMs + recoveryMs;
}

/** How far it has come at a moment: 0 before and after, 1 while it lasts. */
export function strengthOf(incident: Incident, nowMs: number): number {
  const { startMs, buildUpMs, recoveryMs } = incident;
  return clamp(Math.min((nowMs - startMs) / buildUpMs, (incidentEndMs(incident) - nowMs) / recoveryMs), 0, 1);
}
