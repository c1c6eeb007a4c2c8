import { expect, it } from 'vitest';
import { countStates, headline } from '../../dashboard/headline.ts';
import type { State } from '../../dashboard/server-state.ts';

const of = (ok: number, warn = 0, critical = 0, silent = 0): string => headline({ ok, warn, critical, silent });

it('counts each state', () => {
  const states: State[] = ['ok', 'silent', 'ok', 'warn', 'critical'];
  expect(countStates(states)).toEqual({ ok: 2, warn: 1, critical: 1, silent: 1 });
});

it.each([
  [of(0), 'No server has been seen yet.'],
  [of(1), 'The one server is fine.'],
  [of(200), 'All 200 servers are fine.'],
  [of(0, 0, 0, 1), 'The one server is silent.'],
  [of(0, 0, 0, 12), 'All 12 servers are silent.'],
  [of(197, 1, 1, 1), '1 critical, 1 silent, 1 warning, 197 fine.'],
  [of(5, 2, 3), '3 critical, 2 warnings, 5 fine.'],
  [of(0, 2), '2 warnings, 0 fine.'],
])('says what needs somebody first: %s', (said, wanted) => {
  expect(said).toBe(wanted);
});
