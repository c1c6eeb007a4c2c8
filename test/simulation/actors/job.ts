import type { LogWatch } from '../promises/log-watch.ts';
import type { TableWatch } from '../promises/table-watch.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { JobKind } from '../world/shape.ts';
import type { World } from '../world/world.ts';
import { acceptLoss, revisePlan, setFence } from './operator.ts';
import { backfillOnce, cancelOne, resumeBackfills } from './backfiller.ts';
import { compactOnce } from './compactor.ts';
import { rewriteOnce } from './rewriter.ts';
import { vacuumOnce } from './vacuumer.ts';

/** Does one thing to a table, or to its rejected table, and ends; a failure ends it too. */
export async function beginJob(
  world: World,
  process: SimulatedProcess,
  kind: JobKind,
  watch: TableWatch,
): Promise<void> {
  const { tablePath }: LogWatch = world.chooses(0.7) ? watch.main : watch.rejected;
  world.scheduler.trace.add(process.name, `begins: ${kind} of ${tablePath}`);
  try {
    if (kind === 'revision') await revisePlan(world, process, watch.topic.name);
    else if (kind === 'loss') await acceptLoss(world, process, watch.topic.name);
    else if (kind === 'fence') await setFence(world, process, tablePath);
    else if (kind === 'vacuum') await vacuumOnce(world, process, watch.topic.name);
    else if (kind === 'compaction') await compactOnce(world, process, watch.topic.name, tablePath);
    else if (kind === 'backfill') await backfillOnce(world, process, watch);
    else if (kind === 'resumption') await resumeBackfills(world, process, watch.topic.name);
    else if (kind === 'cancellation') await cancelOne(world, process, watch.topic.name);
    else if (kind === 'retention') await rewriteOnce(world, process, watch, { tablePath, kind });
    else await rewriteOnce(world, process, watch, { tablePath, kind: 'compaction' });
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown;
    world.heardFailure(process, thrown);
  }
}
