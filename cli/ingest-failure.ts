import type { Settings } from '../settings/settings.ts';
import { type BatchFailure, ingestWorkflowId, statusQuery } from '../workflows/ingest-protocol.ts';
import { connectTemporal } from '../temporal/client.ts';

const ANSWER_LIMIT_MS = 3_000;

/** What a table's workflow says; null where nobody answers for it. */
export interface IngestFailureReport {
  readonly ingest: {
    readonly state: string | null;
    readonly reason: string | null;
    /** The batch that fails again and again. */
    readonly failure: BatchFailure | null;
  };
}

export async function ingestFailureOf(settings: Settings, table: string): Promise<IngestFailureReport> {
  try {
    const client = await connectTemporal(settings);
    const { state, reason, failure } = await client.withDeadline(Date.now() + ANSWER_LIMIT_MS, () =>
      client.workflow.getHandle(ingestWorkflowId(table)).query(statusQuery),
    );
    return { ingest: { state, reason, failure: failure ?? null } };
  } catch {
    return { ingest: { state: null, reason: null, failure: null } };
  }
}
