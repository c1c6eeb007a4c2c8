import type uPlot from 'uplot';
import type { Series } from '../api/wire.ts';
import { gaps } from './chart-set.ts';

/** Gaps at least this wide, in CSS pixels, say so in words. */
const WORDS_FROM_PX = 56;
/** A missing bucket or two is too little to hatch. */
const HATCH_FROM_BUCKETS = 3;

/** Behind the lines: where there was an incident, and where there is no data. */
export function drawBackground(plot: uPlot, series: Series, metric: string, colour: (name: string) => string): void {
  const { ctx } = plot;
  ctx.save();
  for (const { fromMs, toMs, state } of series.incidents) {
    if (state === 'silent') continue;
    const { left, width } = span(plot, fromMs, toMs);
    ctx.fillStyle = `${colour(`--${state}`)}1a`;
    ctx.fillRect(left, plot.bbox.top, width, plot.bbox.height);
    ctx.fillStyle = colour(`--${state}`);
    ctx.fillRect(left, plot.bbox.top, width, 2 * devicePixelRatio);
  }
  for (const { fromMs, toMs } of gaps(series.timeMs, series.bucketMs, series.metrics[metric] ?? [])) {
    if (toMs - fromMs < HATCH_FROM_BUCKETS * series.bucketMs) continue;
    const { left, width } = span(plot, fromMs, toMs);
    hatch(plot, left, width, colour('--hatch'));
    if (width < WORDS_FROM_PX * devicePixelRatio) continue;
    ctx.fillStyle = colour('--ink-3');
    ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(plot.root).fontFamily}`;
    ctx.textAlign = 'center';
    ctx.fillText('no data', left + width / 2, plot.bbox.top + plot.bbox.height / 2);
  }
  ctx.restore();
}

function span(plot: uPlot, fromMs: number, toMs: number): { left: number; width: number } {
  const end = plot.bbox.left + plot.bbox.width;
  const left = Math.max(plot.bbox.left, plot.valToPos(fromMs / 1000, 'x', true));
  const right = Math.min(end, plot.valToPos(toMs / 1000, 'x', true));
  return { left, width: Math.max(0, Math.min(end - left, Math.max(right - left, devicePixelRatio))) };
}

function hatch(plot: uPlot, left: number, width: number, stroke: string): void {
  const { ctx } = plot;
  const { top, height } = plot.bbox;
  const step = 8 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += step) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.stroke();
  ctx.restore();
}
