import type { RunningWorkflow, WorkflowSource } from '../../dashboard/temporal/workflow-watch.ts';
import type { IngestStatus } from '../../workflows/ingest-protocol.ts';

/** Temporal as a test says it is: away, until told what runs. */
export class SaidWorkflows implements WorkflowSource {
  said: { readonly running: readonly RunningWorkflow[]; readonly status: IngestStatus | null } | undefined;

  running(): Promise<readonly RunningWorkflow[]> {
    return this.said === undefined
      ? Promise.reject(new Error('Temporal does not answer at 127.0.0.1:1.'))
      : Promise.resolve(this.said.running);
  }

  ingestStatus(): Promise<IngestStatus | null> {
    return Promise.resolve(this.said?.status ?? null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
