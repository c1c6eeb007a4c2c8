import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { TableStand } from '../plans/operator-decision.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import { BatchFiles } from './batch-files.ts';
import { committedOffsets, committedSequence } from './committed.ts';
import { sourceOf } from './ensure-table.ts';
import { TableLog, type TableLogOptions } from './log/table-log.ts';
import type { Storage } from './storage/storage.ts';

/**
 * Where a table stands, from its logs, plans and seals alone: what is returned proves whether the next batch is visible
 * anywhere, since a batch is in no log before it is sealed.
 * @throws SluiceError USAGE where the table has not begun, LOG_INCONSISTENT where a log holds a batch without a seal
 */
export async function readTableStand(
  storage: Storage,
  definition: TableDefinition,
  options?: TableLogOptions,
): Promise<TableStand> {
  const shape = mainTable(definition);
  const { topic } = definition.source;
  const log = new TableLog(storage, shape.path, options);
  const rejectedLog = new TableLog(storage, rejectedTable(definition).path, options);
  await log.refresh();
  const source = log.snapshot.metaData && sourceOf(log.snapshot.metaData);
  if (source === undefined) throw new SluiceError('USAGE', `The table ${definition.table} has not begun.`);
  const sequence = committedSequence(log.snapshot, topic) + 1;
  const files = new BatchFiles(storage, shape.path);
  // The seal is read after both logs: where there is none, there was none when they were read.
  await rejectedLog.refresh();
  const seal = await files.readSeal(sequence);
  const plan = await files.readPlan(sequence);
  if (seal === undefined && committedSequence(rejectedLog.snapshot, topic) >= sequence) {
    const which = `Rejected rows of batch ${sequence} of ${definition.table} are committed, and its seal is gone.`;
    throw new SluiceError('LOG_INCONSISTENT', which, { remedy: 'Restore _sluice/seals/ of the table from a backup.' });
  }
  const committed = committedOffsets(log.snapshot, topic);
  const { table, engine } = definition;
  return { table, topic, topicId: source.topicId, engine, committed, sequence, plan, seal };
}
