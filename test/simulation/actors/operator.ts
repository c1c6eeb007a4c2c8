import { definitionHash as hashOf, loadDefinition } from '../../../definition/load.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import { BatchFiles } from '../../../lake/batch-files.ts';
import { commitFence } from '../../../lake/commit-fence.ts';
import { TableLog } from '../../../lake/log/table-log.ts';
import { readTableStand } from '../../../lake/table-stand.ts';
import { planWithLosses } from '../../../plans/operator-decision.ts';
import { halved, redefined } from '../../../plans/plan-revision.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf } from './worker.ts';

/** Gives the batch that is next another revision: of half the records, or of the same ones again. */
export async function revisePlan(world: World, process: SimulatedProcess, table: string): Promise<void> {
  const { storage } = partsOf(world, process);
  const watch = world.watch(table);
  const files = new BatchFiles(storage, watch.main.tablePath);
  const plan = await files.readPlan(watch.sequence + 1);
  if (plan === undefined) return;
  const change = { reason: 'abandoned', detail: 'It could not be done.', by: process.name } as const;
  const nowMs = process.clock.nowMs();
  const fewer = world.chooses(0.7) ? halved(plan, change, nowMs) : undefined;
  await files.createPlan(fewer ?? redefined(plan, plan, change, nowMs));
}

/** Lets the table go on without what has expired, as `sluice accept-loss --yes` does. */
export async function acceptLoss(world: World, process: SimulatedProcess, table: string): Promise<void> {
  const { storage, cluster, tablesFolder, clock, log } = partsOf(world, process);
  const definition = loadDefinition(tablesFolder, table);
  const definitionHash = hashOf(definition);
  try {
    const stand = await readTableStand(storage, definition, log);
    const available = await cluster.offsets(table);
    const decision = { by: process.name, definitionHash, nowMs: clock.nowMs() };
    const revision = planWithLosses(stand, available, decision);
    const files = new BatchFiles(storage, world.watch(table).main.tablePath);
    await files.pinDefinition(definitionHash, definition);
    await files.createPlan(revision);
  } catch (thrown) {
    // There is nothing to decide, or not any more.
    if (!(thrown instanceof SluiceError) || thrown.code !== 'USAGE') throw thrown;
  }
}

/** As a vacuum does before it looks around. */
export async function setFence(world: World, process: SimulatedProcess, tablePath: string): Promise<void> {
  const parts = partsOf(world, process);
  const log = new TableLog(parts.storage, tablePath, parts.log);
  await log.refresh();
  if (log.snapshot.version < 0) return;
  const { version } = await commitFence(log);
  world.scheduler.trace.add(process.name, `fence at version ${version}`);
  await log.checkpointIfDue();
}
