import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type AuditInput, auditWorkflowId } from './audit-protocol.ts';
import { compactionWorkflowId } from './compaction-protocol.ts';
import { retentionWorkflowId } from './retention-protocol.ts';
import type { MaintenanceRun } from './schedule-protocol.ts';
import { showState } from './shown-state.ts';
import { vacuumWorkflowId } from './vacuum-protocol.ts';
import { auditText, compactionText, retentionText, vacuumText, type WorkText } from './work-text.ts';

/** `skipped`: the same was running already, by hand or from the time before. */
export type MaintenanceOutcome = 'done' | 'skipped';

interface Work {
  readonly type: string;
  readonly workflowId: string;
  readonly input: object;
  readonly text: WorkText;
}

/**
 * What a schedule starts. The work itself is a child of a fixed id, so that what an operator starts by hand and what the
 * schedule starts are one and the same, and never two at once.
 */
export async function maintainTable(run: MaintenanceRun): Promise<MaintenanceOutcome> {
  const work = workOf(run);
  show(run, 'Running', `The work itself is \`${work.workflowId}\`.`);
  try {
    const child = await startChild(work.type, {
      workflowId: work.workflowId,
      args: [work.input],
      ...work.text,
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    await child.result();
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      show(run, 'Skipped', `\`${work.workflowId}\` was running already.`);
      return 'skipped';
    }
    show(run, 'Failed', `\`${work.workflowId}\` says why.`, 'Do what is said there; the next run tries again.');
    throw error;
  }
  show(run, 'Done', `\`${work.workflowId}\` tells what was done.`);
  return 'done';
}

function workOf({ table, task }: MaintenanceRun): Work {
  switch (task) {
    case 'compaction': {
      const input = { table };
      return { type: 'compactTable', workflowId: compactionWorkflowId(input), input, text: compactionText(input) };
    }
    case 'vacuum':
      return { type: 'vacuumTable', workflowId: vacuumWorkflowId(table), input: { table }, text: vacuumText(table) };
    case 'retention': {
      const text = retentionText(table);
      return { type: 'dropPartitions', workflowId: retentionWorkflowId(table), input: { table }, text };
    }
    case 'quick-audit':
      return auditOf({ table, mode: 'quick', uncertified: true, repair: false });
    case 'full-audit':
      return auditOf({ table, mode: 'full', uncertified: true, repair: false });
  }
}

function auditOf(input: AuditInput): Work {
  return { type: 'auditTable', workflowId: auditWorkflowId(input.table), input, text: auditText(input) };
}

/** What the Temporal UI shows. */
function show({ table, task }: MaintenanceRun, state: string, why: string, toDo = 'Nothing.'): void {
  const doing = state === 'Running' ? 'It waits for that to end.' : 'It has ended.';
  showState({ table, kind: `Scheduled ${task}`, state, sinceMs: Date.now(), why, doing, toDo, figures: [] });
}
