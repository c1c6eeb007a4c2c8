import type { Incident, Series } from '../api/wire.ts';
import { judgeFigures, type JudgedFigures, type Judgement, SILENT_AFTER_MS } from '../server-state.ts';
import type { LiveRow } from './health-columns.ts';

type Metrics = Series['metrics'];

/** Where only some files were read, a bucket or two without a row prove nothing. */
const SILENT_SAMPLES = 3;

/**
 * When a server was not fine, by the same thresholds as now, from the means of its buckets. Time without rows is silence
 * once it is long enough; before the first row nothing is known.
 * @param untilMs end of what is known to be complete: a gap that reaches it is silence only up to there
 */
export function incidentsOf(
  { timeMs, bucketMs, metrics, sampled }: Pick<Series, 'timeMs' | 'bucketMs' | 'metrics' | 'sampled'>,
  server: Pick<LiveRow, 'cores' | 'swapTotalBytes' | 'diskMount'>,
  untilMs: number,
): Incident[] {
  const incidents: Incident[] = [];
  let before: Judgement['levels'] = {};
  let seen = false;
  for (const [index, fromMs] of timeMs.entries()) {
    const figures = figuresAt(metrics, index, server);
    const there = figures.cpuPct !== null || figures.memoryPct !== null || figures.diskPct !== null;
    if (!there && (!seen || fromMs >= untilMs)) continue;
    seen = true;
    const judged: Judgement = there ? judgeFigures(figures, before) : NO_DATA;
    before = judged.levels;
    const { state, reasons } = judged;
    if (state === 'ok') continue;
    extend(incidents, { fromMs, toMs: Math.min(fromMs + bucketMs, Math.max(untilMs, fromMs)), state, reasons });
  }
  const silentFromMs = Math.max(SILENT_AFTER_MS, sampled ? SILENT_SAMPLES * bucketMs : 0);
  return incidents.filter(({ state, fromMs, toMs }) => state !== 'silent' || toMs - fromMs >= silentFromMs);
}

const NO_DATA: Judgement = { state: 'silent', reasons: ['no data'], levels: {} };

/** Adds a bucket to the incident that it goes on with, or as a new one. */
function extend(incidents: Incident[], next: Incident): void {
  const last = incidents.at(-1);
  if (last?.toMs === next.fromMs && last.state === next.state) {
    const reasons = next.reasons.length > last.reasons.length ? next.reasons : last.reasons;
    incidents[incidents.length - 1] = { ...last, toMs: next.toMs, reasons };
  } else {
    incidents.push(next);
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
