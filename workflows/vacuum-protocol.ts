import { defineQuery } from '@temporalio/workflow';
import type { VacuumInput } from '../activities/vacuum-table.ts';
import type { VacuumReport } from '../plans/vacuum-report.ts';

/** One vacuum of a table at a time: starting another joins the running one. */
export function vacuumWorkflowId(table: string): string {
  return `vacuum/${table}`;
}

export type { VacuumInput, VacuumReport };

/** null until it has ended. */
export const vacuumQuery = defineQuery<VacuumReport | null>('vacuum');
