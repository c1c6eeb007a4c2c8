import type { Incident } from '../api/wire.ts';
import { judgeFigures, type JudgedFigures, SILENT_AFTER_MS, type State } from '../server-state.ts';
import type { LiveRow } from './health-columns.ts';

type Metrics = Readonly<Record<string, readonly (number | null)[]>>;

/**
 * When a server was not fine, by the same thresholds as now, from the means of its buckets. Time without rows is silence
 * once it is long enough; before the first row nothing is known.
 * @param untilMs end of what is known to be complete: a gap that reaches it is silence only up to there
 */
export function incidentsOf(
  timeMs: readonly number[],
  bucketMs: number,
  metrics: Metrics,
  server: Pick<LiveRow, 'cores' | 'swapTotalBytes' | 'diskMount'>,
  untilMs: number,
): Incident[] {
  const incidents: Incident[] = [];
  let before: State = 'ok';
  let seen = false;
  for (const [index, fromMs] of timeMs.entries()) {
    const figures = figuresAt(metrics, index, server);
    const there = figures.cpuPct !== null || figures.memoryPct !== null || figures.diskPct !== null;
    if (!there && (!seen || fromMs >= untilMs)) continue;
    seen = true;
    const judged: { state: State; reasons: readonly string[] } = there
      ? judgeFigures(figures, before)
      : { state: 'silent', reasons: ['no data'] };
    before = there ? judged.state : 'ok';
    if (judged.state === 'ok') continue;
    extend(incidents, { fromMs, toMs: Math.min(fromMs + bucketMs, Math.max(untilMs, fromMs)), ...judged });
  }
  return incidents.filter(({ state, fromMs, toMs }) => state !== 'silent' || toMs - fromMs >= SILENT_AFTER_MS);
}

/** Adds a bucket to the incident that it goes on with, or as a new one. */
function extend(
  incidents: Incident[],
  next: { fromMs: number; toMs: number; state: State; reasons: readonly string[] },
): void {
  if (next.state === 'ok') return;
  const last = incidents.at(-1);
  if (last?.toMs === next.fromMs && last.state === next.state) {
    const reasons = next.reasons.length > last.reasons.length ? next.reasons : last.reasons;
    incidents[incidents.length - 1] = { ...last, toMs: next.toMs, reasons };
  } else {
    incidents.push({ fromMs: next.fromMs, toMs: next.toMs, state: next.state, reasons: next.reasons });
  }
}

function figuresAt(
  metrics: Metrics,
  index: number,
  server: Pick<LiveRow, 'cores' | 'swapTotalBytes' | 'diskMount'>,
): JudgedFigures {
  const at = (name: string): number | null => metrics[name]?.[index] ?? null;
  const load = at('load1');
  const swap = at('swapUsedBytes');
  return {
    cpuPct: at('cpuPct'),
    memoryPct: at('memoryPct'),
    diskPct: at('diskPct'),
    diskMount: server.diskMount,
    loadPerCore: load === null || !server.cores ? null : load / server.cores,
    iowaitPct: at('cpuIowaitPct'),
    swapPct: swap === null || !server.swapTotalBytes ? null : (100 * swap) / server.swapTotalBytes,
    memoryPressurePct: at('pressureMemoryPct'),
  };
}
