import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** How far Spark is, in the words that the Temporal UI shows of a running activity; undefined where no task runs. */
export async function sparkProgress(client: Client, workflowId: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const payloads = (raw.pendingActivities ?? []).flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? []);
  const shown = payloads.map((payload) => JSON.stringify(defaultPayloadConverter.fromPayload(payload))).join('\n');
  return /Spark: \d+ of \d+ stages and \d+ of \d+ tasks done, [1-9]\d* running/.exec(shown)?.[0];
}
