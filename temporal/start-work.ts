import { type Client, WorkflowIdConflictPolicy, type WorkflowStartOptions } from '@temporalio/client';
import { AUDIT_TASK_QUEUE, type AuditInput, type AuditSummary, auditWorkflowId } from '../workflows/audit-protocol.ts';
import { backfillWorkflowId, type BackfillRun, type BackfillStatus } from '../workflows/backfill-protocol.ts';
import { BACKGROUND_TASK_QUEUE } from '../workflows/background-protocol.ts';
import { type CompactionReport, type CompactionRun, compactionWorkflowId } from '../workflows/compaction-protocol.ts';
import { type RetentionInput, type RetentionReport, retentionWorkflowId } from '../workflows/retention-protocol.ts';
import { type VacuumInput, type VacuumReport, vacuumWorkflowId } from '../workflows/vacuum-protocol.ts';
import {
  auditText,
  backfillText,
  compactionText,
  retentionText,
  vacuumText,
  type WorkText,
} from '../workflows/work-text.ts';
import { workFailure } from './work-failure.ts';

/** Work that was started, or that ran already: both are the same work. */
export interface StartedWork<Result> {
  readonly workflowId: string;
  /** @throws SluiceError what kept the work from its end */
  result(): Promise<Result>;
}

/** Starts a compaction, or joins the one that runs. */
export async function startCompaction(client: Client, input: CompactionRun): Promise<StartedWork<CompactionReport>> {
  return startOrJoin(client, 'compactTable', {
    workflowId: compactionWorkflowId(input),
    taskQueue: BACKGROUND_TASK_QUEUE,
    ...compactionText(input),
    args: [input],
  });
}

/** Starts an audit, or joins the one that runs. */
export async function startAudit(client: Client, input: AuditInput): Promise<StartedWork<AuditSummary>> {
  return startOrJoin(client, 'auditTable', {
    workflowId: auditWorkflowId(input.table),
    taskQueue: AUDIT_TASK_QUEUE,
    ...auditText(input),
    args: [input],
  });
}

/** Starts a vacuum of a table and its rejected table, or joins the one that runs. */
export async function startVacuum(client: Client, { table }: VacuumInput): Promise<StartedWork<VacuumReport>> {
  return startOrJoin(client, 'vacuumTable', {
    workflowId: vacuumWorkflowId(table),
    taskQueue: BACKGROUND_TASK_QUEUE,
    ...vacuumText(table),
    args: [{ table }],
  });
}

/** Has the partitions dropped that a table keeps no longer, or joins the retention that runs. */
export async function startRetention(
  client: Client,
  { table }: RetentionInput,
): Promise<StartedWork<RetentionReport[]>> {
  return startOrJoin(client, 'dropPartitions', {
    workflowId: retentionWorkflowId(table),
    taskQueue: BACKGROUND_TASK_QUEUE,
    ...retentionText(table),
    args: [{ table }],
  });
}

/** Starts a backfill that is kept in the lake, or joins it where it runs. */
export async function startBackfill(
  client: Client,
  { table, number, unitsAtOnce, maxRowsPerSecond }: BackfillRun,
): Promise<StartedWork<BackfillStatus>> {
  return startOrJoin(client, 'backfillTable', {
    workflowId: backfillWorkflowId({ table, number }),
    taskQueue: BACKGROUND_TASK_QUEUE,
    ...backfillText({ table, number }),
    args: [{ table, number, unitsAtOnce, maxRowsPerSecond }],
  });
}

async function startOrJoin<Result>(
  client: Client,
  workflow: string,
  options: Pick<WorkflowStartOptions, 'workflowId' | 'taskQueue'> & WorkText & { readonly args: unknown[] },
): Promise<StartedWork<Result>> {
  const workflowIdConflictPolicy = WorkflowIdConflictPolicy.USE_EXISTING;
  const handle = await client.workflow.start(workflow, { ...options, workflowIdConflictPolicy });
  return { workflowId: handle.workflowId, result: () => resultOf<Result>(handle) };
}

async function resultOf<Result>(handle: { result(): Promise<unknown> }): Promise<Result> {
  try {
    return (await handle.result()) as Result;
  } catch (thrown) {
    throw workFailure(thrown);
  }
}
