import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { definitionHash, loadDefinition } from '../definition/load.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { readTableStand } from '../lake/table-stand.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { BatchPlan } from '../plans/batch.ts';
import { requireUndecided, type TableStand } from '../plans/operator-decision.ts';
import { redefined } from '../plans/plan-revision.ts';
import { readSettings } from '../settings/settings.ts';
import { carryOut, printDecision, requireWellFounded } from './decision.ts';
import { type IngestFailureReport, ingestFailureOf } from './ingest-failure.ts';
import { describePlan, planReport, type PlanReport } from './plan-report.ts';

export function registerPlan(program: Command): void {
  const plan = program.command('plan').description('Show, or give up, the plan of a table’s next batch');
  plan
    .command('show')
    .description('Show the batch that is next: its ranges and revision, whether it is sealed, and why it fails')
    .argument('<table>', 'name of the table')
    .option('--json', 'print JSON', false)
    .action(show);
  plan
    .command('abandon')
    .description(
      'Give up a plan that can’t be carried out: the same offsets get a new revision, by the definition as it is now',
    )
    .argument('<table>', 'name of the table')
    .option('--yes', 'do it; without this, only what would be done is shown', false)
    .option('--json', 'print JSON', false)
    .action(abandon);
}

async function show(table: string, { json }: { json: boolean }): Promise<void> {
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const stand = await readTableStand(openStorage(settings), definition);
  const report: PlanReport & IngestFailureReport = {
    ...planReport(stand, definition),
    ...(await ingestFailureOf(settings, table)),
  };
  if (json) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  for (const line of describePlan(report)) console.log(line);
  const { state, reason, failure } = report.ingest;
  console.log(`  ingestion: ${state ?? 'no answer from its workflow'}. ${reason ?? ''}`);
  if (failure)
    console.log(
      `  failed ${failure.attempts} times since ${new Date(failure.sinceMs).toISOString()} (${failure.code})`,
    );
}

async function abandon(table: string, { yes, json }: { yes: boolean; json: boolean }): Promise<void> {
  const settings = readSettings();
  const definition = loadDefinition(settings.tablesFolder, table);
  const storage = openStorage(settings);
  const stand = await readTableStand(storage, definition);
  requireUndecided(stand);
  const { plan } = stand;
  if (plan === undefined) {
    throw new SluiceError(
      'USAGE',
      `Batch ${stand.sequence} of ${table} is not planned yet: there is nothing to abandon.`,
    );
  }
  const available = await requireWellFounded(settings, storage, definition, stand, { evolve: yes });
  requireHeld(stand, plan, available);
  const change = {
    reason: 'abandoned',
    detail: `Revision ${plan.revision} was abandoned.`,
    by: userInfo().username,
  } as const;
  // As a worker with these settings would plan it.
  const making = { definitionHash: definitionHash(definition), engine: settings.engine ?? definition.engine };
  const revision = redefined(plan, making, change, Date.now());
  const asked = { action: 'abandon-plan', table, by: change.by, arguments: { sequence: plan.sequence } };
  const created = yes ? await carryOut(settings, asked, { storage, definition, revision }) : undefined;
  await printDecision({ stand, revision, created, definition, storage, json });
}

/** @throws SluiceError OFFSET_EXPIRED where the same offsets can't be read again */
function requireHeld(
  { table }: TableStand,
  { ranges }: BatchPlan,
  available: ReadonlyMap<number, { readonly earliest: bigint }>,
): void {
  for (const { partition, startOffset } of ranges) {
    const earliest = available.get(partition)?.earliest ?? 0n;
    if (earliest <= BigInt(startOffset)) continue;
    throw new SluiceError(
      'OFFSET_EXPIRED',
      `Offsets ${startOffset} to ${earliest - 1n} of partition ${partition} have expired in Kafka: ${table} can’t read them again.`,
      { remedy: `To go on without them: sluice accept-loss ${table}` },
    );
  }
}
