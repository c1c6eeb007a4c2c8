import type { TableDefinition } from '../definition/table-definition.ts';
import { turnRewriteId } from '../plans/backfill-turn.ts';
import { rewriteAppId } from '../plans/rewrite.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';
import { BackfillFiles } from './backfill-files.ts';
import { TableLog, type TableLogOptions } from './log/table-log.ts';
import type { Storage } from './storage/storage.ts';

/** Those of these backfills that have ended or were cancelled: neither ever changes back. */
export async function endedBackfills(
  storage: Storage,
  definition: TableDefinition,
  numbers: readonly number[],
  options?: TableLogOptions,
): Promise<Set<number>> {
  const ended = new Set<number>();
  if (numbers.length === 0) return ended;
  const rejected = new TableLog(storage, rejectedTable(definition).path, options);
  await rejected.refresh();
  const files = new BackfillFiles(storage, mainTable(definition).path);
  for (const number of numbers) {
    const isTaken = isEnded(rejected, number);
    if (isTaken || (await files.readDecision(number))?.decision === 'cancel') ended.add(number);
  }
  return ended;
}

/** Whether the last of a backfill's entries is committed, by the rejected log. */
export function isEnded({ snapshot }: TableLog, number: number): boolean {
  return snapshot.transactionVersion(rewriteAppId(turnRewriteId({ number, step: 'take' }))) !== undefined;
}
