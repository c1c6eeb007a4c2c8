import type { HourReport, HoursReport } from '../dashboard/api/wire.ts';
import { HOUR_STATES, HOUR_WORDS } from '../dashboard/hour-state.ts';
import { many, timeText } from '../plans/amounts.ts';

const MIB = 1024 ** 2;

const HEADS = ['', 'rows', 'late', 'files', 'MiB', 'last rewrite', 'state', ''] as const;
/** Columns of figures end at one edge. */
const FIGURES: ReadonlySet<string> = new Set(['rows', 'late', 'files', 'MiB']);

/** A table's hours for people: how many of each state there are, then a line each, oldest first. */
export function hoursInWords({ table, unit, logVersion, certificate, hours }: HoursReport): string[] {
  const vouched =
    certificate === null
      ? 'no certificate'
      : `certificate ${certificate.number} of ${timeText(certificate.certifiedAtMs)}`;
  const head = `${table}: log version ${logVersion ?? '-'}, ${vouched}. Times are UTC.`;
  if (hours.length === 0) return [head, `  It has no ${unit} in that time.`];
  const states = [...HOUR_STATES].reverse().flatMap((state) => {
    const found = hours.filter((hour) => hour.state === state).length;
    return found === 0 ? [] : [`${found} ${HOUR_WORDS[state]}`];
  });
  const late = hours.reduce((sum, { lateRows }) => sum + lateRows, 0);
  const sum = `${many(hours.length, unit)}: ${states.join(', ')}. ${many(late, 'row')} came late.`;
  return [head, `  ${sum}`, ...inColumns([HEADS, ...hours.flatMap(cellsInTurn)]).map((line) => `  ${line}`)];
}

/** Hours without a row that follow each other share one line. */
function cellsInTurn(hour: HourReport, index: number, hours: readonly HourReport[]): string[][] {
  if (hour.state !== 'empty') return [cellsOf(hour)];
  if (hours[index - 1]?.words === hour.words) return [];
  const next = hours.findIndex(({ words }, later) => later > index && words !== hour.words);
  const last = (next < 0 ? hours.length : next) - 1;
  if (last === index) return [cellsOf(hour)];
  return [cellsOf({ ...hour, words: `the same up to ${hours[last]?.partition ?? ''}. ${hour.words}` })];
}

function cellsOf(hour: HourReport): string[] {
  const { partition, rows, lateRows, files, sizeBytes, lastRewriteAtMs, state, words } = hour;
  const figures = [rows, lateRows, files].map(String);
  const rewritten = lastRewriteAtMs === null ? '-' : timeText(lastRewriteAtMs);
  return [partition, ...figures, (sizeBytes / MIB).toFixed(1), rewritten, HOUR_WORDS[state], words];
}

function inColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = HEADS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines.map((cells) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return FIGURES.has(HEADS[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
