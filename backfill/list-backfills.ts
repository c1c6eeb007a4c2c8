import type { TableDefinition } from '../definition/table-definition.ts';
import { BackfillFiles } from '../lake/backfill-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { type BackfillPlan, unitsOf } from '../plans/backfill.ts';
import { turnRewriteId } from '../plans/backfill-turn.ts';
import { rewriteAppId } from '../plans/rewrite.ts';
import { mainTable, rejectedTable } from '../plans/table-shape.ts';

/** How far a backfill has come, by the lake alone. */
export interface KnownBackfill {
  readonly plan: BackfillPlan;
  /** `committing` is decided, and finished whatever happens. */
  readonly state: 'proposed' | 'running' | 'committing' | 'cancelled' | 'done';
  readonly units: number;
  readonly unitsDone: number;
  readonly rows: number;
  readonly rejectedRows: number;
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
    const units = await files.units(number);
    known.push({
      plan,
      state: await stateOf(files, rejected, number),
      units: unitsOf(plan).length,
      unitsDone: units.length,
      rows: units.reduce((sum, unit) => sum + unit.rows, 0),
      rejectedRows: units.reduce((sum, unit) => sum + unit.rejectedRows, 0),
    });
  }
  return known;
}

async function stateOf(files: BackfillFiles, rejected: TableLog, number: number): Promise<KnownBackfill['state']> {
  const ended = rewriteAppId(turnRewriteId({ number, step: 'take' }));
  if (rejected.snapshot.transactionVersion(ended) !== undefined) return 'done';
  const decision = await files.readDecision(number);
  if (decision !== undefined) return decision.decision === 'cancel' ? 'cancelled' : 'committing';
  return (await files.readApproval(number)) === undefined ? 'proposed' : 'running';
}
