import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simulate } from '../simulation/simulation.ts';
import { SHARDS, writeDefinitions } from '../simulation/tables.ts';

/** Where a simulated world broke a promise; null for both where none did. */
export interface Broken {
  readonly seed: number | null;
  readonly step: number | null;
  readonly violation: string | null;
}

/** Simulates one seed after the other until a promise breaks, and prints where as JSON. Its argument: how many seeds. */
async function main(seeds: number): Promise<Broken> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mutation-'));
  try {
    writeDefinitions(folder, { shards: SHARDS });
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { violation, steps } = await simulate(seed, folder);
      if (violation !== undefined) return { seed, step: steps, violation };
    }
    return { seed: null, step: null, violation: null };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(JSON.stringify(await main(Number(process.argv[2]))));
