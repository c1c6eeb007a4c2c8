import { BatchFiles } from '../../../lake/batch-files.ts';
import { commitFence } from '../../../lake/commit-fence.ts';
import { TableLog } from '../../../lake/log/table-log.ts';
import type { PlannedRange } from '../../../plans/batch.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf } from './worker.ts';

/** Gives the batch that is next, and cannot be done as planned, another revision: of half the records. */
export async function revisePlan(world: World, process: SimulatedProcess, table: string): Promise<void> {
  const { storage } = partsOf(world, process);
  const watch = world.watch(table);
  const files = new BatchFiles(storage, watch.main.tablePath);
  const plan = await files.readPlan(watch.sequence + 1);
  if (plan === undefined) return;
  const ranges = plan.ranges.map(halved);
  const nextOffsets = { ...plan.nextOffsets };
  for (const { partition, endOffset } of ranges) nextOffsets[partition] = endOffset;
  await files.createPlan({ ...plan, revision: plan.revision + 1, ranges, nextOffsets });
}

/** As a vacuum does before it looks around. */
export async function setFence(world: World, process: SimulatedProcess, tablePath: string): Promise<void> {
  const parts = partsOf(world, process);
  const log = new TableLog(parts.storage, tablePath, parts.log);
  await log.refresh();
  if (log.snapshot.version < 0) return;
  const version = await commitFence(log);
  world.scheduler.trace.add(process.name, `fence at version ${version}`);
  await log.checkpointIfDue();
}

function halved({ partition, startOffset, endOffset }: PlannedRange): PlannedRange {
  const start = Number(startOffset);
  const end = start + Math.ceil((Number(endOffset) - start) / 2);
  return { partition, startOffset, endOffset: String(end) };
}
