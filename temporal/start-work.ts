import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { AUDIT_TASK_QUEUE, type AuditInput, type AuditSummary, auditWorkflowId } from '../workflows/audit-protocol.ts';
import { backfillWorkflowId, type BackfillRun, type BackfillStatus } from '../workflows/backfill-protocol.ts';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import { type CompactionReport, type CompactionRun, compactionWorkflowId } from '../workflows/compaction-protocol.ts';
import { type RetentionInput, type RetentionReport, retentionWorkflowId } from '../workflows/retention-protocol.ts';
import { type VacuumInput, type VacuumReport, vacuumWorkflowId } from '../workflows/vacuum-protocol.ts';
import { workFailure } from './work-failure.ts';

/** Work that was started, or that ran already: both are the same work. */
export interface StartedWork<Result> {
  readonly workflowId: string;
  /** @throws SluiceError what kept the work from its end */
  result(): Promise<Result>;
}

/** Starts a compaction, or joins the one that runs. */
export async function startCompaction(client: Client, input: CompactionRun): Promise<StartedWork<CompactionReport>> {
  const { table, partition } = input;
  const handle = await client.workflow.start('compactTable', {
    workflowId: compactionWorkflowId(input),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Compacts ${table}${partition === undefined ? '' : ` ${partition}`}`,
    args: [input],
  });
  return { workflowId: handle.workflowId, result: () => resultOf<CompactionReport>(handle) };
}

/** Starts an audit, or joins the one that runs. */
export async function startAudit(client: Client, input: AuditInput): Promise<StartedWork<AuditSummary>> {
  const handle = await client.workflow.start('auditTable', {
    workflowId: auditWorkflowId(input.table),
    taskQueue: AUDIT_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Audits ${input.table}`,
    args: [input],
  });
  return { workflowId: handle.workflowId, result: () => resultOf<AuditSummary>(handle) };
}

/** Starts a vacuum of a table and its rejected table, or joins the one that runs. */
export async function startVacuum(client: Client, { table }: VacuumInput): Promise<StartedWork<VacuumReport>> {
  const handle = await client.workflow.start('vacuumTable', {
    workflowId: vacuumWorkflowId(table),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Deletes what nothing needs any more of ${table}`,
    args: [{ table }],
  });
  return { workflowId: handle.workflowId, result: () => resultOf<VacuumReport>(handle) };
}

/** Has the partitions dropped that a table keeps no longer, or joins the retention that runs. */
export async function startRetention(
  client: Client,
  { table }: RetentionInput,
): Promise<StartedWork<RetentionReport[]>> {
  const handle = await client.workflow.start('dropPartitions', {
    workflowId: retentionWorkflowId(table),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Drops partitions of ${table} that it keeps no longer`,
    args: [{ table }],
  });
  return { workflowId: handle.workflowId, result: () => resultOf<RetentionReport[]>(handle) };
}

/** Starts a backfill that is kept in the lake, or joins it where it runs. */
export async function startBackfill(
  client: Client,
  { table, number, unitsAtOnce, maxRowsPerSecond }: BackfillRun,
): Promise<StartedWork<BackfillStatus>> {
  const handle = await client.workflow.start('backfillTable', {
    workflowId: backfillWorkflowId({ table, number }),
    taskQueue: BACKGROUND_TASK_QUEUE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Backfill ${number} of ${table}`,
    args: [{ table, number, unitsAtOnce, maxRowsPerSecond }],
  });
  return { workflowId: handle.workflowId, result: () => resultOf<BackfillStatus>(handle) };
}

async function resultOf<Result>(handle: { result(): Promise<unknown> }): Promise<Result> {
  try {
    return (await handle.result()) as Result;
  } catch (thrown) {
    throw workFailure(thrown);
  }
}
