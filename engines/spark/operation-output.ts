import type { DuckDbSession } from '../../duckdb/session.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import type { StoredColumn } from '../../plans/table-shape.ts';
import { type BatchTotals, mismatch, totalsOf } from './batch-totals.ts';
import { HandleLost } from './connect-failure.ts';
import type { OperationResult } from './connect-session.ts';
import { filesIn, type LeftFile, takeOver } from './spark-files.ts';

/** What one operation has written. */
export interface OperationOutput {
  readonly totals: BatchTotals;
  readonly folder: string;
}

/**
 * What an operation has written, in this attempt's folder. It may be another attempt's, which wrote where that one said.
 * @param metrics the name of what it counted
 * @throws HandleLost where those files are gone
 */
export async function outputOf(
  running: Promise<OperationResult>,
  metrics: string,
  folder: string,
): Promise<OperationOutput> {
  const totals = totalsOf((await running).metrics[metrics] ?? {});
  if (totals.plain > 0 && totals.folder !== folder && !(await takeOver(totals.folder, folder))) {
    throw new HandleLost('The files of the attempt that began the operation are gone.');
  }
  return { totals, folder };
}

/** @throws SluiceError COUNT_MISMATCH where the files do not hold as many rows as were written */
export async function filesOf(
  plan: BatchPlan,
  { totals, folder }: OperationOutput,
  shape: { readonly columns: readonly StoredColumn[] },
  session: DuckDbSession,
): Promise<LeftFile[]> {
  const left = await filesIn(folder, shape, session);
  const rows = left.reduce((sum, file) => sum + file.rows, 0);
  if (rows === totals.plain) return left;
  throw mismatch(plan, `${totals.plain} rows were written, and ${rows} are in the files`);
}
