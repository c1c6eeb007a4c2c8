/** What a server can be in; see `severityOf` for their order. */
export const STATES = ['ok', 'warn', 'critical', 'silent'] as const;
export type State = (typeof STATES)[number];

/** What a server is judged by; null where it did not say. Percentages are 0 to 100. */
export interface JudgedFigures {
  readonly cpuPct: number | null;
  readonly memoryPct: number | null;
  readonly diskPct: number | null;
  readonly diskMount: string | null;
  readonly loadPerCore: number | null;
  readonly iowaitPct: number | null;
  readonly swapPct: number | null;
  readonly memoryPressurePct: number | null;
}

export interface Judgement {
  readonly state: State;
  /** In words, worst first: "memory 97 %". Empty for a server that is fine. */
  readonly reasons: readonly string[];
  /** What is not fine, figure by figure: each holds on to its own state only. */
  readonly levels: Levels;
}

type Measured = Exclude<keyof JudgedFigures, 'diskMount'>;
type Level = 'warn' | 'critical';
export type Levels = Readonly<Partial<Record<Measured, Level>>>;

export interface Threshold {
  readonly warn: number;
  readonly critical: number;
}

const NO_LEVELS: Levels = {};
const FINE: Judgement = { state: 'ok', reasons: [], levels: NO_LEVELS };

/** At or above these a server is not fine. Every threshold of the dashboard is here. */
export const THRESHOLDS: Readonly<Record<Measured, Threshold>> = {
  cpuPct: { warn: 90, critical: 97 },
  memoryPct: { warn: 90, critical: 95 },
  diskPct: { warn: 85, critical: 95 },
  loadPerCore: { warn: 2, critical: 4 },
  iowaitPct: { warn: 30, critical: 60 },
  swapPct: { warn: 60, critical: 90 },
  memoryPressurePct: { warn: 10, critical: 40 },
};

const MEASURED = Object.keys(THRESHOLDS) as Measured[];

/** A server that has sent no row for longer is silent. */
export const SILENT_AFTER_MS = 10_000;

/** To leave a worse state, a figure must fall this far below its threshold, as a share of it: no flicker at the edge. */
export const HYSTERESIS_SHARE = 0.03;
const HELD = 1 - HYSTERESIS_SHARE;

/** Figures that jump from second to second are judged by their mean over about this long. */
export const SMOOTHING_MS = 10_000;

const SEVERITY: Readonly<Record<State, number>> = { ok: 0, warn: 1, silent: 2, critical: 3 };

/** Greater is worse. A silent server may be dead: worse than a warning, but not known to be worse than a critical one. */
export function severityOf(state: State): number {
  return SEVERITY[state];
}

/** The state that a server's figures mean, given the levels before. Most servers are fine, and cost nothing more. */
export function judgeFigures(figures: JudgedFigures, before: Levels = NO_LEVELS): Judgement {
  let found: { name: Measured; level: Level; share: number; reason: string }[] | undefined;
  for (const name of MEASURED) {
    const value = figures[name];
    if (value === null) continue;
    const threshold = THRESHOLDS[name];
    const level = levelOf(value, threshold, before[name]);
    if (level === undefined) continue;
    (found ??= []).push({ name, level, share: value / threshold.critical, reason: reasonOf(name, value, figures) });
  }
  if (found === undefined) return FINE;
  found.sort((a, b) => severityOf(b.level) - severityOf(a.level) || b.share - a.share);
  return {
    state: found[0]?.level ?? 'ok',
    reasons: found.map(({ reason }) => reason),
    levels: Object.fromEntries(found.map(({ name, level }) => [name, level])),
  };
}

/**
 * Whether a server has gone silent: its newest row is too far behind what is known to have arrived.
 * @param eventTimeMs event time of its newest row
 * @param completeToMs up to when every row that was sent is known to be committed; the clock where nothing waits
 */
export function isSilent(eventTimeMs: number, completeToMs: number, silentAfterMs = SILENT_AFTER_MS): boolean {
  return completeToMs - eventTimeMs > silentAfterMs;
}

/** One step of an exponential mean: what `SMOOTHING_MS` says of `value`, `elapsedMs` after the last. */
export function smooth(mean: number | null, value: number | null, elapsedMs: number): number | null {
  if (mean === null || value === null || elapsedMs > 6 * SMOOTHING_MS) return value;
  return mean + (value - mean) * (1 - Math.exp(-Math.max(0, elapsedMs) / SMOOTHING_MS));
}

/** How close a server is to its worst threshold: 1 is critical. Orders servers of one state. */
export function strainOf(figures: JudgedFigures): number {
  let strain = 0;
  for (const name of MEASURED) {
    strain = Math.max(strain, (figures[name] ?? 0) / THRESHOLDS[name].critical);
  }
  return strain;
}

function levelOf(value: number, { warn, critical }: Threshold, before: Level | undefined): Level | undefined {
  if (value >= (before === 'critical' ? critical * HELD : critical)) return 'critical';
  return value >= (before === undefined ? warn : warn * HELD) ? 'warn' : undefined;
}

function reasonOf(name: Measured, value: number, figures: JudgedFigures): string {
  const percent = `${Math.floor(value)} %`;
  switch (name) {
    case 'cpuPct':
      return `CPU ${percent}`;
    case 'memoryPct':
      return `memory ${percent}`;
    case 'diskPct':
      return figures.diskMount === null ? `disk ${percent}` : `disk ${figures.diskMount} ${percent}`;
    case 'loadPerCore':
      return `load ${value.toFixed(1)} a core`;
    case 'iowaitPct':
      return `waiting for IO ${percent}`;
    case 'swapPct':
      return `swap ${percent}`;
    case 'memoryPressurePct':
      return `memory pressure ${percent}`;
  }
}
