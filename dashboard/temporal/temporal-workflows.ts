import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { TemporalSettings } from '../../settings/settings.ts';
import { lazyTemporal } from '../../temporal/client.ts';
import { ingestWorkflowId, type IngestStatus, statusQuery } from '../../workflows/ingest-protocol.ts';
import { STATE_ATTRIBUTE, TABLE_ATTRIBUTE } from '../../workflows/search-attributes.ts';
import type { RunningWorkflow, WorkflowSource } from './workflow-watch.ts';

/** Time for one question; a query that no worker answers takes all of it. */
const ANSWER_WITHIN_MS = 2_500;
/** Workflows shown at most. */
const MAX_LISTED = 200;
/** All that Sluice runs, by the task queues' common beginning. */
const RUNNING = 'TaskQueue STARTS_WITH "sluice-" AND ExecutionStatus = "Running"';

/** What runs in Temporal, asked over a connection that is made when it is first needed, and anew after a break. */
export class TemporalWorkflows implements WorkflowSource {
  readonly #client: Client;
  readonly #address: string;

  constructor(temporal: TemporalSettings) {
    this.#address = temporal.address;
    this.#client = lazyTemporal({ temporal });
  }

  async running(): Promise<readonly RunningWorkflow[]> {
    const found: RunningWorkflow[] = [];
    try {
      await this.#inTime(async () => {
        for await (const workflow of this.#client.workflow.list({ query: RUNNING, pageSize: MAX_LISTED })) {
          found.push(runningWorkflow(workflow));
          if (found.length >= MAX_LISTED) break;
        }
      });
    } catch (cause) {
      throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${this.#address}.`, { cause });
    }
    return found;
  }

  async ingestStatus(table: string): Promise<IngestStatus | null> {
    const handle = this.#client.workflow.getHandle(ingestWorkflowId(table));
    return this.#inTime(() => handle.query(statusQuery)).catch(() => null);
  }

  async close(): Promise<void> {
    await this.#client.connection.close();
  }

  #inTime<T>(ask: () => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + ANSWER_WITHIN_MS, ask);
  }
}

function runningWorkflow(workflow: WorkflowExecutionInfo): RunningWorkflow {
  const { workflowId, type, startTime, typedSearchAttributes } = workflow;
  return {
    workflowId,
    type,
    table: typedSearchAttributes.get(TABLE_ATTRIBUTE) ?? null,
    state: typedSearchAttributes.get(STATE_ATTRIBUTE) ?? null,
    startedAtMs: startTime.getTime(),
  };
}
