import type { ServersUpdate, ServerSummary } from '../api/wire.ts';
import {
  isSilent,
  judgeFigures,
  type JudgedFigures,
  type Judgement,
  SILENT_AFTER_MS,
  smooth,
  strainOf,
} from '../server-state.ts';
import type { Completeness } from './completeness.ts';
import type { LiveRow } from './health-columns.ts';

/** A server that has sent nothing for this long is taken off the list. */
export const FORGET_AFTER_MS = 86_400_000;
/** Servers on the list at most; rows of further ones are still in the table. */
export const MAX_SERVERS = 20_000;

interface Tracked {
  row: LiveRow;
  cpuMean: number | null;
  iowaitMean: number | null;
  pressureMean: number | null;
  /** What its figures say, whether or not it has gone silent since. */
  judged: Judgement;
  summary: ServerSummary;
}

type Figures = ServersUpdate['figures'];

/** Every server's newest row and state, and what has changed of them since last asked. */
export class ServerList {
  /** Servers that were not taken on because the list was full. */
  refused = 0;
  newestEventTimeMs: number | undefined;
  readonly #servers = new Map<string, Tracked>();
  readonly #newer = new Set<string>();
  readonly #changed = new Set<string>();
  #gone: string[] = [];
  readonly #silentAfterMs: number;

  constructor(silentAfterMs = SILENT_AFTER_MS) {
    this.#silentAfterMs = silentAfterMs;
  }

  get size(): number {
    return this.#servers.size;
  }

  get(host: string): { readonly summary: ServerSummary; readonly row: LiveRow } | undefined {
    return this.#servers.get(host);
  }

  hosts(): Iterable<string> {
    return this.#servers.keys();
  }

  summaries(): ServerSummary[] {
    return [...this.#servers.values()].map(({ summary }) => summary);
  }

  apply(rows: ReadonlyMap<string, LiveRow>): void {
    for (const row of rows.values()) this.#applyRow(row);
  }

  /** Judges silence, and forgets who has been away too long. */
  judgeSilence(completeness: Completeness): void {
    for (const [host, server] of this.#servers) {
      const completeToMs = completeness.of(server.row.kafkaPartition) ?? server.row.eventTimeMs;
      if (completeToMs - server.row.eventTimeMs > FORGET_AFTER_MS) {
        this.#servers.delete(host);
        this.#gone.push(host);
        continue;
      }
      const silent = isSilent(server.row.eventTimeMs, completeToMs, this.#silentAfterMs);
      if (silent === (server.summary.state === 'silent')) continue;
      const { state, reasons } = silent ? SILENT : server.judged;
      server.summary = { ...server.summary, state, reasons, stateSinceMs: server.row.eventTimeMs };
      this.#changed.add(host);
    }
  }

  /** What has changed since the last call. */
  takeChanges(): Pick<ServersUpdate, 'changed' | 'figures' | 'gone'> | undefined {
    if (this.#newer.size + this.#changed.size + this.#gone.length === 0) return undefined;
    const figures = { host: [], eventTimeMs: [], cpuPct: [], memoryPct: [], loadPerCore: [], diskPct: [], strain: [] };
    const changed: ServerSummary[] = [];
    for (const host of this.#changed) {
      const server = this.#servers.get(host);
      if (server !== undefined) changed.push(server.summary);
    }
    for (const host of this.#newer) {
      const server = this.#servers.get(host);
      if (server !== undefined && !this.#changed.has(host)) addFigures(figures, server.summary);
    }
    const gone = this.#gone;
    this.#newer.clear();
    this.#changed.clear();
    this.#gone = [];
    return { changed, figures, gone };
  }

  #applyRow(row: LiveRow): void {
    const known = this.#servers.get(row.host);
    if (known === undefined) {
      this.#take(row);
      return;
    }
    const elapsedMs = row.eventTimeMs - known.row.eventTimeMs;
    if (elapsedMs < 0) return;
    this.#sawTime(row.eventTimeMs);
    known.row = row;
    known.cpuMean = smooth(known.cpuMean, row.cpuPct, elapsedMs);
    known.iowaitMean = smooth(known.iowaitMean, row.cpuIowaitPct, elapsedMs);
    known.pressureMean = smooth(known.pressureMean, row.pressureMemoryPct, elapsedMs);
    const before = known.summary;
    const figures = figuresOf(row, known.cpuMean, known.iowaitMean, known.pressureMean);
    known.judged = judgeFigures(figures, known.judged.levels);
    const shown = before.state === 'silent' ? SILENT : known.judged;
    known.summary = summaryOf(row, shown, strainOf(figures), before);
    this.#newer.add(row.host);
    if (!sameDescription(before, known.summary)) this.#changed.add(row.host);
  }

  #take(row: LiveRow): void {
    if (this.#servers.size >= MAX_SERVERS) {
      this.refused += 1;
      return;
    }
    this.#sawTime(row.eventTimeMs);
    const figures = figuresOf(row, row.cpuPct, row.cpuIowaitPct, row.pressureMemoryPct);
    const judged = judgeFigures(figures);
    this.#servers.set(row.host, {
      row,
      cpuMean: row.cpuPct,
      iowaitMean: row.cpuIowaitPct,
      pressureMean: row.pressureMemoryPct,
      judged,
      summary: summaryOf(row, judged, strainOf(figures), undefined),
    });
    this.#changed.add(row.host);
  }

  #sawTime(eventTimeMs: number): void {
    if (eventTimeMs > (this.newestEventTimeMs ?? 0)) this.newestEventTimeMs = eventTimeMs;
  }
}

/**
 * A row ends no silence by itself, since it may be an old one that was kept back: whether it is new enough is judged
 * with the others.
 */
const SILENT: Pick<Judgement, 'state' | 'reasons'> = { state: 'silent', reasons: ['no new rows'] };

function figuresOf(row: LiveRow, cpu: number | null, iowait: number | null, pressure: number | null): JudgedFigures {
  return {
    cpuPct: cpu,
    memoryPct: row.memoryPct,
    diskPct: row.diskPct,
    diskMount: row.diskMount,
    loadPerCore: perCore(row),
    iowaitPct: iowait,
    swapPct: row.swapTotalBytes && row.swapUsedBytes !== null ? (100 * row.swapUsedBytes) / row.swapTotalBytes : null,
    memoryPressurePct: pressure,
  };
}

function summaryOf(
  row: LiveRow,
  judged: Pick<Judgement, 'state' | 'reasons'>,
  strain: number,
  before: ServerSummary | undefined,
): ServerSummary {
  const same = before?.state === judged.state;
  return {
    host: row.host,
    state: judged.state,
    reasons: judged.reasons,
    stateSinceMs: same ? before.stateSinceMs : before === undefined ? null : row.eventTimeMs,
    simulated: row.simulated ?? false,
    eventTimeMs: row.eventTimeMs,
    kafkaPartition: row.kafkaPartition,
    cores: row.cores,
    cpuPct: tenth(row.cpuPct),
    memoryPct: tenth(row.memoryPct),
    memoryTotalBytes: row.memoryTotalBytes,
    loadPerCore: hundredth(perCore(row)),
    diskPct: tenth(row.diskPct),
    diskMount: row.diskMount,
    strain: Math.round(strain * 100) / 100,
  };
}

function perCore(row: LiveRow): number | null {
  return row.load1 === null || !row.cores ? null : row.load1 / row.cores;
}

function addFigures(figures: { [name in keyof Figures]: unknown[] }, summary: ServerSummary): void {
  figures.host.push(summary.host);
  figures.eventTimeMs.push(summary.eventTimeMs);
  figures.cpuPct.push(summary.cpuPct);
  figures.memoryPct.push(summary.memoryPct);
  figures.loadPerCore.push(summary.loadPerCore);
  figures.diskPct.push(summary.diskPct);
  figures.strain.push(summary.strain);
}

/** Whether all but the figures that every row changes is as it was. */
function sameDescription(a: ServerSummary, b: ServerSummary): boolean {
  return (
    a.state === b.state &&
    a.cores === b.cores &&
    a.diskMount === b.diskMount &&
    a.memoryTotalBytes === b.memoryTotalBytes &&
    a.kafkaPartition === b.kafkaPartition &&
    a.reasons.length === b.reasons.length &&
    a.reasons.every((reason, index) => reason === b.reasons[index])
  );
}

function tenth(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}

function hundredth(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
