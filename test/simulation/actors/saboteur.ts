import { EMPTY_METASTORE } from '../services/memory-metastore.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';

const LONGEST_PAUSE_MS = 8_000;

/** Loses the metastore now and then: to an older backup, or altogether. */
export async function loseMetastore(world: World, process: SimulatedProcess): Promise<void> {
  const { random } = world.scheduler;
  const backups = [EMPTY_METASTORE];
  for (;;) {
    await process.clock.sleep(Math.floor(random.next() * LONGEST_PAUSE_MS));
    if (random.next() < 0.6) {
      backups.push(world.metastore.state);
      continue;
    }
    const backup = random.pick(backups);
    await process.step({
      label: backup === EMPTY_METASTORE ? 'the metastore is lost' : 'the metastore is restored from a backup',
      changes: true,
      effect: () => world.metastore.restore(backup),
    });
  }
}
