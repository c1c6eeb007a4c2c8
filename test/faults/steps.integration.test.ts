import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Step, STEPS } from '../../activities/fault-point.ts';
import { waitFor } from '../wait-for.ts';
import { TestProcess } from './own-process.ts';
import { TableUnderLoad } from './table-under-load.ts';

/** Longer than a heartbeat's time-out, so that another has taken over when the zombie comes back. */
const HANG_MS = 15_000;
const STRIKE_LIMIT_MS = 60_000;

type What = 'crash' | 'error' | 'hang';
interface Cell {
  readonly step: Step;
  readonly when: 'before' | 'after';
  readonly what: What;
}

const WHOLE = process.env['SLUICE_FAULTS'] === 'all';
const every = STEPS.flatMap((step) =>
  (['crash', 'error', 'hang'] as const).flatMap((what) =>
    (['before', 'after'] as const).map((when): Cell => ({ step, when, what })),
  ),
);
/** After the effect and before anybody has heard of it is the harder half; and one true zombie on its way to the commit. */
const CHOSEN = ['plan', 'write', 'seal', 'commit', 'publish', 'rewrite-commit'];
const chosen = every.filter(({ step, when, what }) =>
  what === 'hang'
    ? step === 'commit' && when === 'before'
    : what === 'crash' && when === 'after' && CHOSEN.includes(step),
);
const cells = WHOLE ? every : chosen;

let table: TableUnderLoad;
const processes: TestProcess[] = [];

beforeAll(async () => {
  table = await TableUnderLoad.start();
});

afterEach(async () => {
  for (const process of processes.splice(0)) await process.stop();
});

afterAll(async () => table.stop());

async function start(name: 'worker' | 'background'): Promise<void> {
  processes.push(await TestProcess.start(table.test, name));
}

describe('a process that fails at a step', () => {
  it.each(cells)('$what $when $step: each record once, and Hive as the log', async ({ step, when, what }) => {
    const name = step.startsWith('rewrite') ? 'background' : 'worker';
    const fault = `${step}:${when}:${what}${what === 'hang' ? `:${HANG_MS}` : ''}`;
    if (name === 'background') await start('worker');
    const faulty = TestProcess.startFaulty(table.test, name, fault);
    processes.push(faulty);
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
    if (what !== 'error') await start(name);
    await table.recovered();
    if (what === 'hang') {
      // The zombie comes back, and finds everything done by another.
      await sleep(Math.max(0, HANG_MS - (performance.now() - struckAtMs)));
      await table.recovered();
    }
    await table.judge();
    expect(faulty.hasEnded).toBe(what === 'crash');
  });
});
