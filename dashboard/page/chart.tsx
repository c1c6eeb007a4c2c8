import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Series } from '../api/wire.ts';
import { type ChartPlan, stack } from './chart-set.ts';
import { drawBackground } from './chart-background.ts';
import { LANGUAGE } from './language.ts';
import { localTime } from './times.ts';

const HEIGHT = 150;
const cursorSync = uPlot.sync('server');

/** One chart: lines that stop where data stops, incidents and gaps behind them, one cursor for all charts of the page. */
export function Chart({ plan, series }: { plan: ChartPlan; series: Series }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDListElement>(null);
  const shown = useRef(series);
  const plot = useRef<uPlot | undefined>(undefined);
  shown.current = series;
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const make = (): void => {
      plot.current?.destroy();
      const setLegend = (index: number | null | undefined): void =>
        writeLegend(legend.current, plan, shown.current, index);
      plot.current = new uPlot(
        options(plan, element, () => shown.current, setLegend),
        figures(plan, shown.current),
        element,
      );
      setLegend(undefined);
    };
    make();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    sized.observe(element);
    const scheme = window.matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    return () => {
      sized.disconnect();
      scheme.removeEventListener('change', make);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [plan]);
  useEffect(() => {
    plot.current?.setData(figures(plan, series));
    writeLegend(legend.current, plan, series, plot.current?.cursor.idx);
  }, [series]);
  return (
    <figure class="chart" data-chart={plan.id}>
      <figcaption>
        <h3>{plan.title}</h3>
        <dl ref={legend}>
          {plan.lines.map(({ metric, words }, index) => (
            <div key={metric}>
              <dt data-line={index}>{words}</dt>
              <dd />
            </div>
          ))}
        </dl>
      </figcaption>
      <div ref={frame} class="plot" role="img" aria-label={`${plan.title} over time`} />
    </figure>
  );
}

function figures(plan: ChartPlan, series: Series): uPlot.AlignedData {
  const lines = plan.lines.map(({ metric }) => series.metrics[metric] ?? []);
  const seconds = series.timeMs.map((ms) => ms / 1000);
  return [seconds, ...((plan.stacked ? stack(lines) : lines) as (number | null)[][])];
}

function options(
  plan: ChartPlan,
  element: HTMLElement,
  series: () => Series,
  setLegend: (index: number | null | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--ink-3'), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  const lines = plan.lines.map((_, index) => colour(`--line-${index}`));
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 4, 0, 0],
    cursor: { sync: { key: cursorSync.key }, y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _min, max) => [0, topOf(plan, max)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 90,
        values: (_plot, seconds) => seconds.map((second) => timeLabel(second * 1000, series())),
      },
      {
        ...axis,
        size: 62,
        space: 34,
        grid: { stroke: colour('--grid'), width: 1 },
        values: (_plot, values) => values.map((value) => plan.text(value)),
      },
    ],
    series: [
      {},
      ...lines.map((stroke) => ({
        stroke,
        width: plan.stacked ? 1 : 1.5,
        spanGaps: false,
        points: { show: false },
        ...(plan.stacked ? { fill: `${stroke}90` } : {}),
      })),
    ],
    ...(plan.stacked
      ? {
          bands: lines
            .slice(1)
            .map((stroke, index) => ({ series: [index + 2, index + 1] as [number, number], fill: `${stroke}90` })),
        }
      : {}),
    hooks: {
      drawClear: [(drawn) => drawBackground(drawn, series(), plan.lines[0]?.metric ?? '', colour)],
      setCursor: [(drawn) => setLegend(drawn.cursor.idx)],
    },
  };
}

function topOf(plan: ChartPlan, max: number | null): number {
  const top = Math.max(plan.atLeast, (max ?? 0) * 1.1);
  return plan.atMost === undefined ? top : Math.min(plan.atMost, top);
}

function timeLabel(ms: number, { window }: Series): string {
  if (window !== '7d') return localTime(ms).slice(0, 5);
  return new Date(ms).toLocaleDateString(LANGUAGE, { weekday: 'short', hour: '2-digit', hourCycle: 'h23' });
}

/** Figures under the cursor, else the newest. */
function writeLegend(
  legend: HTMLElement | null,
  plan: ChartPlan,
  series: Series,
  index: number | null | undefined,
): void {
  if (legend === null) return;
  for (const [line, { metric }] of plan.lines.entries()) {
    const values = series.metrics[metric] ?? [];
    const value = index === null || index === undefined ? values.findLast((found) => found !== null) : values[index];
    const text = value === null || value === undefined ? 'no data' : plan.text(value);
    const cell = legend.children[line]?.lastElementChild;
    if (cell && cell.textContent !== text) cell.textContent = text;
  }
}
