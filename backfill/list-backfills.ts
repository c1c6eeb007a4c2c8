import type { TableDefinition } from '../definition/table-definition.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { isEnded } from '../lake/ended-backfills.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { type BackfillPlan, unitsOf } from '../plans/backfill.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';

/** How far a backfill has come, by the lake alone. */
export interface KnownBackfill {
  readonly plan: BackfillPlan;
  /** `committing` is decided, and finished whatever happens. */
  readonly state: 'proposed' | 'running' | 'committing' | 'cancelled' | 'done';
  readonly units: number;
  readonly unitsDone: number;
  /** Derived so far; null where it is done and a vacuum has deleted the records of its units. */
  readonly rows: number | null;
  readonly rejectedRows: number | null;
}

/** Every backfill of a table, in order; only one where its number is given. @throws SluiceError USAGE where it is not there */
export async function listBackfills(
  storage: Storage,
  definition: TableDefinition,
  only?: number,
): Promise<KnownBackfill[]> {
  const rejected = new TableLog(storage, rejectedTable(definition).path);
  await rejected.refresh();
  const files = new BackfillFiles(storage, mainTable(definition).path);
  const known: KnownBackfill[] = [];
  for (const number of only === undefined ? await files.numbers() : [only]) {
    const plan = await files.readPlan(number);
    const done = await files.units(number);
    const state = await stateOf(files, rejected, number);
    const units = unitsOf(plan).length;
    const isForgotten = state === 'done' && done.length < units;
    known.push({
      plan,
      state,
      units,
      unitsDone: state === 'done' ? units : done.length,
      rows: isForgotten ? null : done.reduce((sum, unit) => sum + unit.rows, 0),
      rejectedRows: isForgotten ? null : done.reduce((sum, unit) => sum + unit.rejectedRows, 0),
    });
  }
  return known;
}

async function stateOf(files: BackfillFiles, rejected: TableLog, number: number): Promise<KnownBackfill['state']> {
  if (isEnded(rejected, number)) return 'done';
  const decision = await files.readDecision(number);
  if (decision !== undefined) return decision.decision === 'cancel' ? 'cancelled' : 'committing';
  return (await files.readApproval(number)) === undefined ? 'proposed' : 'running';
}
