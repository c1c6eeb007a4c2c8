import { many } from './quantities.ts';
import type { State } from './server-state.ts';

export type StateCounts = Readonly<Record<State, number>>;

export function countStates(states: Iterable<State>): StateCounts {
  const counts = { ok: 0, warn: 0, critical: 0, silent: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
}

const WORDS: readonly (readonly [State, string, string])[] = [
  ['critical', 'critical', 'critical'],
  ['silent', 'silent', 'silent'],
  ['warn', 'warning', 'warnings'],
];

/** All servers in one sentence: "All 200 servers are fine." or "198 fine, 1 critical, 1 silent, 2 warnings." */
export function headline(counts: StateCounts): string {
  const total = counts.ok + counts.warn + counts.critical + counts.silent;
  if (total === 0) return 'No server has been seen yet.';
  if (counts.ok === total) return total === 1 ? 'The one server is fine.' : `All ${many(total, 'server')} are fine.`;
  if (counts.silent === total)
    return total === 1 ? 'The one server is silent.' : `All ${many(total, 'server')} are silent.`;
  const parts = WORDS.flatMap(([state, one, several]) => {
    const found = counts[state];
    return found === 0 ? [] : [`${found} ${found === 1 ? one : several}`];
  });
  return `${[...parts, `${counts.ok} fine`].join(', ')}.`;
}
