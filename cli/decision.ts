import type { TableDefinition } from '../definition/table-definition.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { ActionRequest } from '../lake/action-log.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { ensureTable, requireCompatible } from '../lake/ensure-table.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import type { BatchPlan } from '../plans/batch.ts';
import type { AvailableOffsets } from '../plans/micro-batch.ts';
import type { TableStand } from '../plans/operator-decision.ts';
import { mainTable } from '../plans/table-shape.ts';
import type { Settings } from '../settings/settings.ts';
import { describePlan, planReport, type PlanReport } from './plan-report.ts';
import { recorded } from './recorded-action.ts';

/**
 * Makes sure that a decision is about this table's own topic, and that the definition fits the table; `evolve` adds new
 * columns to the log, as ingestion would before it writes by that definition.
 * @returns what Kafka holds
 * @throws SluiceError TOPIC_RECREATED, DEFINITION_INCOMPATIBLE, KAFKA_UNREACHABLE
 */
export async function requireWellFounded(
  settings: Settings,
  storage: Storage,
  definition: TableDefinition,
  { topic }: TableStand,
  { evolve }: { readonly evolve: boolean },
): Promise<ReadonlyMap<number, AvailableOffsets>> {
  const cluster = new KafkaCluster(settings.kafka, 'sluice-cli');
  try {
    const source = await cluster.describeTopic(topic);
    const shape = mainTable(definition);
    const log = new TableLog(storage, shape.path);
    if (evolve) await ensureTable(log, shape, source);
    else await requireCompatible(log, shape, source);
    return await cluster.offsets(topic);
  } finally {
    await cluster.close();
  }
}

/** Makes an operator's revision the plan, by the definition as it is now, and writes down who did. */
export async function carryOut(
  settings: Settings,
  asked: Omit<ActionRequest, 'via'>,
  { storage, definition, revision }: { storage: Storage; definition: TableDefinition; revision: BatchPlan },
): Promise<BatchPlan> {
  const files = new BatchFiles(storage, mainTable(definition).path);
  return recorded(settings, asked, async () => {
    await files.pinDefinition(revision.definitionHash, definition);
    return files.createPlan(revision);
  });
}

/** `--json` of a command that decides; the shape is stable. */
export interface DecisionReport {
  readonly done: boolean;
  readonly before: PlanReport;
  readonly after: PlanReport;
  /** Another revision was made at the same moment, and that one is the plan: look again. */
  readonly overtaken: boolean;
}

/** Says what was decided, or would be: `created` is the plan that is there now, undefined where nothing was done. */
export async function printDecision(decision: {
  readonly stand: TableStand;
  readonly revision: BatchPlan;
  readonly created: BatchPlan | undefined;
  readonly definition: TableDefinition;
  readonly storage: Storage;
  readonly json: boolean;
}): Promise<void> {
  const { stand, revision, created, definition, storage, json } = decision;
  const files = new BatchFiles(storage, mainTable(definition).path);
  // An attempt at the older revision may have been first all the same: then that one is the batch.
  const seal = created === undefined ? undefined : await files.readSeal(stand.sequence);
  const overtaken = created !== undefined && JSON.stringify(created) !== JSON.stringify(revision);
  const after = planReport({ ...stand, plan: created ?? revision, seal }, definition);
  if (json) {
    const report: DecisionReport = {
      done: created !== undefined && !overtaken,
      before: planReport(stand, definition),
      after,
      overtaken,
    };
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  const { table, sequence } = stand;
  console.log(`Nothing of batch ${sequence} of ${table} is visible: it has no seal, and is in neither log.`);
  if (created === undefined) console.log('Nothing was done. With --yes, its plan becomes:');
  else if (overtaken) console.log('Another revision was made at the same moment, and that one is the plan:');
  for (const line of describePlan(after)) console.log(line);
  if (created !== undefined)
    console.log(
      `Ingestion takes it up with its next attempt; at once, and where it is Stopped, with: sluice resume ${table}`,
    );
}
