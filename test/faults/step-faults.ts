import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Step, STEPS } from '../../activities/fault-point.ts';
import { waitFor } from '../wait-for.ts';
import type { TableUnderLoad } from './table-under-load.ts';

/** Longer than a heartbeat's time-out, so that another has taken over when the zombie comes back. */
const HANG_MS = 15_000;
const STRIKE_LIMIT_MS = 90_000;

interface Cell {
  readonly step: Step;
  readonly when: 'before' | 'after';
  readonly what: 'crash' | 'error' | 'hang';
}

const EVERY = STEPS.flatMap((step) =>
  (['crash', 'error', 'hang'] as const).flatMap((what) =>
    (['before', 'after'] as const).map((when): Cell => ({ step, when, what })),
  ),
);
/** After the effect and before anybody has heard of it is the harder half; and one true zombie on its way to the commit. */
const CHOSEN = ['write', 'seal', 'commit', 'rewrite-commit'];
const chosen = EVERY.filter(({ step, when, what }) =>
  what === 'hang'
    ? step === 'commit' && when === 'before'
    : what === 'crash' && when === 'after' && CHOSEN.includes(step),
);

/** @param whole every step in every way; else a crash for most, and a zombie */
export function testSteps(table: () => TableUnderLoad, whole: boolean): void {
  describe('a process that fails at a step', () => {
    it.each(whole ? EVERY : chosen)('$what $when $step', async (cell) => failAt(table(), cell));
  });
}

async function failAt(table: TableUnderLoad, { step, when, what }: Cell): Promise<void> {
  const name = step.startsWith('rewrite') ? 'background' : 'worker';
  const fault = `${step}:${when}:${what}${what === 'hang' ? `:${HANG_MS}` : ''}`;
  if (name === 'background') await table.run('worker');
  const faulty = table.runFaulty(name, fault);
  if (name === 'background') {
    // It compacts once there are files enough.
    await waitFor('the fault to strike', STRIKE_LIMIT_MS, async () => {
      await table.compact();
      return faulty.struck(1_000).then(
        () => true,
        () => undefined,
      );
    });
  }
  await faulty.struck(STRIKE_LIMIT_MS);
  const struckAtMs = performance.now();
  if (what === 'crash') await faulty.ended(5_000);
  if (what !== 'error') await table.run(name);
  await table.recovered();
  if (what === 'hang') {
    // The zombie comes back, and finds everything done by another.
    await sleep(Math.max(0, HANG_MS - (performance.now() - struckAtMs)));
    await table.recovered();
  }
  await table.judge();
  expect(faulty.hasEnded).toBe(what === 'crash');
}
