import type { JSX } from 'preact';
import type { HourReport, HoursReport } from '../api/wire.ts';
import { HOUR_STATES, HOUR_WORDS, type HourState } from '../hour-state.ts';
import { brief, many } from '../quantities.ts';
import { hourName, localHours } from './hour-times.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Hours across, days down, the newest day first. Each is a button; arrows move between them. */
export function HourGrid(props: {
  report: HoursReport;
  selected: string;
  onSelect: (partition: string) => void;
}): JSX.Element {
  const { report, selected, onSelect } = props;
  const byStart = new Map(report.hours.map((hour) => [hour.startMs, hour]));
  const rows = rowsOf(report);
  const reachable = byStart.has(startOf(report, selected)) ? selected : (report.hours.at(-1)?.partition ?? '');
  return (
    <div
      class="hour-grid"
      data-unit={report.unit}
      role="grid"
      aria-label="Hours by day, in UTC"
      onKeyDown={moveByArrows}
    >
      <div class="grid-row grid-head" role="row">
        <span class="grid-day" role="columnheader">
          UTC
        </span>
        {rows[0]?.starts.map((_, index) => (
          <span key={index} role="columnheader">
            {columnName(report, index)}
          </span>
        ))}
      </div>
      {rows.map(({ name, starts }) => (
        <div key={name} class="grid-row" role="row">
          <span class="grid-day" role="rowheader">
            {name}
          </span>
          {starts.map((startMs) => {
            const hour = byStart.get(startMs);
            return hour === undefined ? (
              <span key={startMs} class="hour-cell" data-state="none" role="gridcell" />
            ) : (
              <HourCell
                key={startMs}
                hour={hour}
                isSelected={hour.partition === selected}
                isReachable={hour.partition === reachable}
                onSelect={onSelect}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

function HourCell(props: {
  hour: HourReport;
  isSelected: boolean;
  isReachable: boolean;
  onSelect: (partition: string) => void;
}): JSX.Element {
  const { hour, isSelected, isReachable, onSelect } = props;
  const label = `${hourName(hour)} UTC (${localHours(hour)} here): ${HOUR_WORDS[hour.state]}, ${many(hour.rows, 'row')}`;
  return (
    <span role="gridcell" class="hour-box">
      <button
        type="button"
        class="hour-cell"
        data-hour={hour.partition}
        data-state={hour.state}
        aria-label={label}
        aria-pressed={isSelected}
        title={label}
        tabIndex={isReachable ? 0 : -1}
        onClick={() => onSelect(isSelected ? '' : hour.partition)}
      >
        <HourMark state={hour.state} />
        <span class="hour-rows">{hour.rows === 0 ? '' : brief(hour.rows)}</span>
      </button>
    </span>
  );
}

/** A state by shape, readable without colour. */
export function HourMark({ state }: { state: HourState }): JSX.Element {
  return (
    <svg class="hour-mark" data-state={state} viewBox="0 0 12 12" aria-hidden="true">
      {state === 'complete' && <path class="tick" d="M2 6.4 4.8 9.2 10 3.2" />}
      {state === 'filling' && <path d="M1.5 6h9v4.5h-9Z" />}
      {state === 'late' && <path d="M6 1.2 11.2 10.6H.8Z" />}
      {state === 'unaudited' && <circle class="open" cx="6" cy="6" r="3.6" />}
      {state === 'changed' && <path d="M6 .4 11.6 6 6 11.6.4 6Z" />}
      {state === 'empty' && <path class="line" d="M2.5 6h7" />}
    </svg>
  );
}

/** What each shape means, and how many hours are so. */
export function GridLegend({ report }: { report: HoursReport }): JSX.Element {
  return (
    <ul class="grid-legend" aria-label="What the marks mean">
      {[...HOUR_STATES].reverse().map((state) => {
        const found = report.hours.filter((hour) => hour.state === state).length;
        return (
          <li key={state} data-state={state} data-none={found === 0}>
            <HourMark state={state} /> <b>{found}</b> {HOUR_WORDS[state]}
          </li>
        );
      })}
    </ul>
  );
}

interface GridRow {
  readonly name: string;
  readonly starts: readonly number[];
}

/** A row a day; a row a week where the table has no hours. Days before the table's first are left out. */
function rowsOf({ unit, fromMs, toMs, hours, oldestMs }: HoursReport): GridRow[] {
  const firstMs = Math.max(fromMs, oldestMs ?? fromMs);
  const lastMs = Math.min(toMs, hours.at(-1)?.endMs ?? toMs);
  const stepMs = unit === 'hour' ? HOUR_MS : DAY_MS;
  const columns = unit === 'hour' ? 24 : 7;
  const spanMs = columns * stepMs;
  // Weeks begin on Mondays; 1 January 1970 was a Thursday.
  const phaseMs = unit === 'hour' ? 0 : 4 * DAY_MS;
  const rows: GridRow[] = [];
  for (let at = Math.floor((firstMs - phaseMs) / spanMs) * spanMs + phaseMs; at < lastMs; at += spanMs) {
    rows.unshift({ name: dayName(at), starts: Array.from({ length: columns }, (_, index) => at + index * stepMs) });
  }
  return rows;
}

const WEEKDAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];

function columnName({ unit }: HoursReport, index: number): string {
  return unit === 'day' ? (WEEKDAYS[index] ?? '') : String(index).padStart(2, '0');
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

function dayName(ms: number): string {
  return day.format(ms);
}

function startOf({ hours }: HoursReport, partition: string): number {
  return hours.find((hour) => hour.partition === partition)?.startMs ?? -1;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Arrows go to the next hour that is there, in the grid's own directions. */
function moveByArrows(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const grid = event.currentTarget as HTMLElement;
  const at = event.target instanceof HTMLElement ? event.target.closest('.hour-box') : null;
  const rows = [...grid.querySelectorAll('.grid-row:not(.grid-head)')].map((row) => [...row.children].slice(1));
  const y = rows.findIndex((row) => at !== null && row.includes(at));
  if (step === undefined || at === null || y < 0) return;
  event.preventDefault();
  event.stopPropagation();
  let [column, row] = [rows[y]?.indexOf(at) ?? 0, y];
  for (;;) {
    column += step[0];
    row += step[1];
    const cell = rows[row]?.[column];
    if (cell === undefined) return;
    const button = cell.querySelector<HTMLButtonElement>('button');
    if (button === null) continue;
    button.focus();
    return;
  }
}
