import type { JSX } from 'preact';
import { duration } from '../quantities.ts';
import type { TableCondition, TableState } from '../table-condition.ts';
import { localDay, utcTime } from './times.ts';
import { nowMs } from './store.ts';

/** A table's state by shape: disc, triangle, diamond, square, two bars, dashed ring. Its word stands beside it. */
export function ConditionMark({ state }: { state: TableState }): JSX.Element {
  return (
    <svg class="mark condition-mark" data-condition={state} viewBox="0 0 12 12" aria-hidden="true">
      {state === 'Healthy' && <circle cx="6" cy="6" r="3.5" />}
      {state === 'Catching up' && <path d="M6 1.2 11.2 10.6H.8Z" />}
      {state === 'Degraded' && <path d="M6 .4 11.6 6 6 11.6.4 6Z" />}
      {state === 'Stopped' && <path d="M1.2 1.2h9.6v9.6H1.2Z" />}
      {state === 'Paused' && <path d="M2 1.5h3v9H2Zm5 0h3v9H7Z" />}
      {state === 'Waiting' && <circle class="ring" cx="6" cy="6" r="4" />}
    </svg>
  );
}

/** The state as a word, and since when. */
export function ConditionWord({ condition }: { condition: TableCondition }): JSX.Element {
  const { state, sinceMs } = condition;
  return (
    <b
      class="condition-word"
      data-condition={state}
      title={sinceMs === null ? '' : `since ${localDay(sinceMs)}, ${utcTime(sinceMs)}`}
    >
      {state}
      {sinceMs !== null && state !== 'Healthy' && ` for ${duration(Math.max(0, nowMs.value - sinceMs), 'whole')}`}
    </b>
  );
}
