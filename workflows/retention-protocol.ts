import type { RetentionInput, RetentionReport } from '../activities/drop-partitions.ts';

/** One at a time: starting another joins the running one. */
export function retentionWorkflowId(table: string): string {
  return `retention/${table}`;
}

export type { RetentionInput, RetentionReport };
