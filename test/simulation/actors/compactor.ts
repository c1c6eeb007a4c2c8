import { compactPartition } from '../../../activities/compact-partition.ts';
import { loadDefinition } from '../../../definition/load.ts';
import { compactionFiles } from '../../../lake/compaction-files.ts';
import { TableLog } from '../../../lake/log/table-log.ts';
import { planCompaction } from '../../../plans/compaction.ts';
import { maintainedTables } from '../../../plans/maintained-table.ts';
import { RowRewriter } from '../services/row-rewriter.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { firstAttemptName, partsOf } from './worker.ts';

/** Plans a compaction as it is planned on a schedule, and makes the rewrite of one of its partitions. */
export async function compactOnce(
  world: World,
  process: SimulatedProcess,
  table: string,
  tablePath: string,
): Promise<void> {
  const parts = { ...partsOf(world, process), rewriter: new RowRewriter(process) };
  const log = new TableLog(parts.storage, tablePath, parts.log);
  await log.refresh();
  const maintained = maintainedTables(loadDefinition(parts.tablesFolder, table));
  const found = maintained.find(({ shape }) => shape.path === tablePath);
  if (found === undefined) throw new Error(`${tablePath} is not of ${table}`);
  const { shape, compaction } = found;
  const columns = shape.partitionColumns.map(({ name }) => name);
  const { units } = planCompaction(compactionFiles(log.snapshot), columns, compaction, parts.clock.nowMs());
  if (units.length === 0) return;
  const { partition } = world.scheduler.random.pick(units);
  const input = { table, target: shape.table, partition };
  const outcome = await compactPartition(parts, input, parts.clock.timeout(Number.MAX_SAFE_INTEGER));
  world.scheduler.trace.add(process.name, `${partition}: ${JSON.stringify(outcome)}`);
  if (outcome.kind === 'nothing to do') return;
  world.heardRewrite(process, tablePath, `c${firstAttemptName(process)}`, outcome.kind === 'rewritten');
}
