import { defineQuery } from '@temporalio/workflow';
import type { CompactionInput } from '../activities/compact-table.ts';

/** One compaction of a table at a time: starting a second is a no-op. One of a single partition goes beside it. */
export function compactionWorkflowId({ table, partition }: CompactionInput): string {
  return partition === undefined ? `compact/${table}` : `compact/${table}/${partition}`;
}

/** What a compaction has done so far. */
export interface CompactionReport {
  readonly table: string;
  readonly rewrites: number;
  readonly rows: number;
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Rewrites that others came before; nothing was changed by them. */
  readonly conflicts: number;
  /** Why Hive lags behind, where it does. */
  readonly publicationFailure: string | null;
}

/** What outlives continue-as-new. */
export interface CompactionRun extends CompactionInput {
  readonly report?: CompactionReport;
}

export const compactionQuery = defineQuery<CompactionReport>('compaction');
