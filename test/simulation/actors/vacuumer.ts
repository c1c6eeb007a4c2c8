import { loadDefinition } from '../../../definition/load.ts';
import { vacuumTable } from '../../../lake/vacuum/vacuum-table.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf } from './worker.ts';

/** The vacuum that ships, on both of a definition's tables. */
export async function vacuumOnce(world: World, process: SimulatedProcess, table: string): Promise<void> {
  const parts = partsOf(world, process);
  const definition = loadDefinition(parts.tablesFolder, table);
  const signal = process.clock.timeout(Number.MAX_SAFE_INTEGER);
  const { tables } = await vacuumTable(parts, { definition, dryRun: false, signal });
  for (const vacuumed of tables) world.scheduler.trace.add(process.name, `vacuumed: ${JSON.stringify(vacuumed)}`);
}
