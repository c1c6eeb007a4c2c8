import { TableLog } from '../../../lake/log/table-log.ts';
import type { LogWatch } from '../promises/log-watch.ts';
import { asSluiceError } from '../../../errors/sluice-error.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf } from './worker.ts';

const LONGEST_PAUSE_MS = 3_000;
const REFRESHES_BEFORE_STARTING_ANEW = 5;

/** Follows a log as the dashboard does, from its newest checkpoint on, and compares each version with what was written. */
export async function follow(world: World, process: SimulatedProcess, watched: LogWatch): Promise<void> {
  const { storage, log: options } = partsOf(world, process);
  for (;;) {
    const log = new TableLog(storage, watched.tablePath, options);
    for (let count = 0; count < REFRESHES_BEFORE_STARTING_ANEW; count += 1) {
      try {
        await log.refresh();
        world.compare(watched, log.snapshot);
      } catch (thrown) {
        world.heardFailure(process, asSluiceError(thrown));
      }
      await process.clock.sleep(Math.floor(world.scheduler.random.next() * LONGEST_PAUSE_MS));
    }
  }
}
