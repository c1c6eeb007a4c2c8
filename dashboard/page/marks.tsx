import type { JSX } from 'preact';
import type { State } from '../server-state.ts';

const WORDS: Readonly<Record<State, string>> = { ok: 'fine', warn: 'warning', critical: 'critical', silent: 'silent' };

export function stateWord(state: State): string {
  return WORDS[state];
}

/** A state by shape: disc, triangle, diamond, dashed ring. Its colour comes from the style, its word stands beside it. */
export function StateMark({ state }: { state: State }): JSX.Element {
  return (
    <svg class="mark" data-state={state} viewBox="0 0 12 12" aria-hidden="true">
      {state === 'ok' && <circle cx="6" cy="6" r="3.5" />}
      {state === 'warn' && <path d="M6 1.2 11.2 10.6H.8Z" />}
      {state === 'critical' && <path d="M6 .4 11.6 6 6 11.6.4 6Z" />}
      {state === 'silent' && <circle class="ring" cx="6" cy="6" r="4" />}
    </svg>
  );
}

const WIDTH = 96;
const HEIGHT = 22;

/** Ten minutes of CPU; where there was no row there is no line. */
export function Sparkline({ values, label }: { values: readonly (number | null)[]; label: string }): JSX.Element {
  const step = WIDTH / (values.length - 1);
  let path = '';
  let pen = 'M';
  for (const [index, value] of values.entries()) {
    if (value === null) {
      pen = 'M';
      continue;
    }
    const x = (index * step).toFixed(1);
    const y = (HEIGHT - 1 - (Math.min(100, value) / 100) * (HEIGHT - 2)).toFixed(1);
    path += `${pen}${x} ${y}`;
    pen = 'L';
  }
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path === '' ? 'M0 0' : path} />
    </svg>
  );
}

/** A figure that fades in when what it reads changes. */
export function Figure({ text, title }: { text: string; title?: string }): JSX.Element {
  return (
    <span class="figure" key={text} title={title}>
      {text}
    </span>
  );
}

/** A share of 100 with a thin bar under it. */
export function Gauge({ percent, text, level }: { percent: number | null; text: string; level: State }): JSX.Element {
  const share = percent === null ? 0 : Math.min(1, Math.max(0, percent / 100));
  return (
    <span class="gauge" data-level={level}>
      <Figure text={text} />
      <span class="gauge-track" aria-hidden="true">
        <span class="gauge-bar" style={{ transform: `scaleX(${share.toFixed(2)})` }} />
      </span>
    </span>
  );
}
