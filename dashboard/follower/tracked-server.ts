import type { ServerSummary, ServersUpdate } from '../api/wire.ts';
import { judgeFigures, type JudgedFigures, type Judgement, smooth, type State, strainOf } from '../server-state.ts';
import type { LiveRow } from './health-columns.ts';

/**
 * A row ends no silence by itself, since it may be an old one that was kept back: whether it is new enough is judged
 * with the others.
 */
const SILENT: Pick<Judgement, 'state' | 'reasons'> = { state: 'silent', reasons: ['no new rows'] };
const FINE: Judgement = { state: 'ok', reasons: [], levels: {} };

type Figures = ServersUpdate['figures'];
/** Figures that are being put together. */
export type FigureLists = { [name in keyof Figures]: Figures[name][number][] };

/**
 * A server's newest row and what it means. Thousands change every second, so they are changed in place, and a number that
 * the row does not say is NaN: then none of it is an object that has to be made and collected.
 */
export class TrackedServer {
  readonly host: string;
  eventTimeMs = Number.NaN;
  kafkaPartition = -1;
  simulated = false;
  diskMount: string | null = null;
  cores = Number.NaN;
  uptimeSeconds = Number.NaN;
  memoryTotalBytes = Number.NaN;
  swapTotalBytes = Number.NaN;
  diskTotalBytes = Number.NaN;
  cpuPct = Number.NaN;
  cpuIowaitPct = Number.NaN;
  load1 = Number.NaN;
  memoryPct = Number.NaN;
  swapUsedBytes = Number.NaN;
  diskPct = Number.NaN;
  pressureMemoryPct = Number.NaN;
  state: State = 'ok';
  reasons: readonly string[] = [];
  stateSinceMs: number | null = null;
  strain = 0;
  /** Whether a newer row has come since it was judged. */
  isNewer = false;
  /** What has to be told of it: that it has a newer row, or more. */
  change: 'none' | 'figures' | 'whole' = 'none';
  /** What its figures say, whether or not it has gone silent since. */
  #judged = FINE;
  #judgedAtMs = Number.NaN;
  #cpuMean: number | null = null;
  #iowaitMean: number | null = null;
  #pressureMean: number | null = null;
  #told = { cores: Number.NaN, memoryTotalBytes: Number.NaN, kafkaPartition: -1, diskMount: null as string | null };

  constructor(host: string) {
    this.host = host;
  }

  /** Judges its newest row. Whether more than its figures has changed. */
  judge(): boolean {
    const isNew = Number.isNaN(this.#judgedAtMs);
    const elapsedMs = isNew ? Number.POSITIVE_INFINITY : this.eventTimeMs - this.#judgedAtMs;
    this.#judgedAtMs = this.eventTimeMs;
    this.#cpuMean = smooth(this.#cpuMean, known(this.cpuPct), elapsedMs);
    this.#iowaitMean = smooth(this.#iowaitMean, known(this.cpuIowaitPct), elapsedMs);
    this.#pressureMean = smooth(this.#pressureMean, known(this.pressureMemoryPct), elapsedMs);
    const figures = this.#figures();
    this.strain = strainOf(figures);
    this.#judged = judgeFigures(figures, this.#judged.levels);
    const changed = this.#show(this.state === 'silent' ? SILENT : this.#judged, isNew);
    return !this.#isAsTold() || changed || isNew;
  }

  /** Whether its silence, or the end of it, is news. */
  judgeSilence(silent: boolean): boolean {
    if (silent === (this.state === 'silent')) return false;
    return this.#show(silent ? SILENT : this.#judged, false);
  }

  get row(): LiveRow {
    const { host, eventTimeMs, kafkaPartition, simulated, diskMount } = this;
    return {
      ...{ host, eventTimeMs, kafkaPartition, simulated, diskMount },
      cores: known(this.cores),
      uptimeSeconds: known(this.uptimeSeconds),
      memoryTotalBytes: known(this.memoryTotalBytes),
      swapTotalBytes: known(this.swapTotalBytes),
      diskTotalBytes: known(this.diskTotalBytes),
      cpuPct: known(this.cpuPct),
      cpuIowaitPct: known(this.cpuIowaitPct),
      load1: known(this.load1),
      memoryPct: known(this.memoryPct),
      swapUsedBytes: known(this.swapUsedBytes),
      diskPct: known(this.diskPct),
      pressureMemoryPct: known(this.pressureMemoryPct),
    };
  }

  get summary(): ServerSummary {
    const { host, state, reasons, stateSinceMs, simulated, eventTimeMs, kafkaPartition, diskMount } = this;
    return {
      ...{ host, state, reasons, stateSinceMs, simulated, eventTimeMs, kafkaPartition },
      cores: known(this.cores),
      cpuPct: tenth(this.cpuPct),
      memoryPct: tenth(this.memoryPct),
      memoryTotalBytes: known(this.memoryTotalBytes),
      loadPerCore: hundredth(this.#loadPerCore()),
      diskPct: tenth(this.diskPct),
      diskMount,
      strain: Math.round(this.strain * 100) / 100,
    };
  }

  addFigures(figures: FigureLists, newestEventTimeMs: number): void {
    figures.host.push(this.host);
    figures.behindMs.push(newestEventTimeMs - this.eventTimeMs);
    figures.cpuPct.push(tenth(this.cpuPct));
    figures.memoryPct.push(tenth(this.memoryPct));
    figures.loadPerCore.push(hundredth(this.#loadPerCore()));
    figures.diskPct.push(tenth(this.diskPct));
    figures.strain.push(Math.round(this.strain * 100) / 100);
  }

  #show({ state, reasons }: Pick<Judgement, 'state' | 'reasons'>, isNew: boolean): boolean {
    const same = state === this.state && sameTexts(reasons, this.reasons);
    if (state !== this.state && !isNew) this.stateSinceMs = this.eventTimeMs;
    this.state = state;
    this.reasons = reasons;
    return !same;
  }

  #figures(): JudgedFigures {
    const swapPct = this.swapTotalBytes > 0 ? (100 * this.swapUsedBytes) / this.swapTotalBytes : Number.NaN;
    return {
      cpuPct: this.#cpuMean,
      memoryPct: known(this.memoryPct),
      diskPct: known(this.diskPct),
      diskMount: this.diskMount,
      loadPerCore: known(this.#loadPerCore()),
      iowaitPct: this.#iowaitMean,
      swapPct: known(swapPct),
      memoryPressurePct: this.#pressureMean,
    };
  }

  #loadPerCore(): number {
    return this.cores > 0 ? this.load1 / this.cores : Number.NaN;
  }

  /** Whether all but the figures that every row changes is as it was; from now on it is. */
  #isAsTold(): boolean {
    const { cores, memoryTotalBytes, kafkaPartition, diskMount } = this;
    const told = this.#told;
    const same =
      Object.is(cores, told.cores) &&
      Object.is(memoryTotalBytes, told.memoryTotalBytes) &&
      kafkaPartition === told.kafkaPartition &&
      diskMount === told.diskMount;
    if (!same) this.#told = { cores, memoryTotalBytes, kafkaPartition, diskMount };
    return same;
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]));
}

/** A number that the row says; null where it says none. */
function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function tenth(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 10) / 10;
}

function hundredth(value: number): number | null {
  return Number.isNaN(value) ? null : Math.round(value * 100) / 100;
}
