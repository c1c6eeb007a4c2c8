import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { holds, type Meeting, MODELLED } from './meetings.ts';
import { simulate } from './simulation.ts';
import { SHARDS, writeDefinitions } from './tables.ts';

const SEEDS = Number(process.env['SLUICE_SIMULATION_SEEDS'] ?? 500);
/** Where a run that has found something goes on once that is mended. */
const FIRST_SEED = Number(process.env['SLUICE_SIMULATION_FIRST_SEED'] ?? 1);
const ONE_SEED = process.env['SLUICE_SIMULATION_SEED'];
const MS_PER_SEED = 1_000;
/** Enough for every meeting to have come about. */
const SEEDS_TO_MEET = 200;

describe('the commit protocol', () => {
  const seeds =
    ONE_SEED === undefined ? Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index) : [Number(ONE_SEED)];

  it(
    `keeps its promises in ${seeds.length} simulated worlds`,
    async () => {
      const tablesFolder = temporaryFolder();
      writeDefinitions(tablesFolder, { shards: SHARDS });
      const left = new Map<string, Meeting>(Object.entries(MODELLED));
      let parts = 0;
      for (const seed of seeds) {
        const { violation, trace, meetings, partsRead } = await simulate(seed, tablesFolder);
        for (const [name, wanted] of left) if (meetings.some((meeting) => holds(meeting, wanted))) left.delete(name);
        parts += partsRead;
        if (violation === undefined) continue;
        expect.fail(
          `Seed ${seed}: ${violation}\n\n${trace({ full: ONE_SEED !== undefined })}\n\n` +
            `Replay it with: SLUICE_SIMULATION_SEED=${seed} npx vitest run test/simulation`,
        );
      }
      if (seeds.length < SEEDS_TO_MEET) return;
      expect([...left.keys()]).toEqual([]);
      // Batches in parts are made where much waits: in many worlds.
      expect(parts).toBeGreaterThan(seeds.length);
    },
    seeds.length * MS_PER_SEED + 20_000,
  );

  it('goes the same way each time for the same seed', async () => {
    const tablesFolder = temporaryFolder();
    writeDefinitions(tablesFolder, { shards: SHARDS });
    const once = await simulate(7, tablesFolder);
    const again = await simulate(7, tablesFolder);
    expect(again.trace({ full: true })).toBe(once.trace({ full: true }));
  });
});
