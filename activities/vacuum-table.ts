import { loadDefinition } from '../definition/load.ts';
import { vacuumTable, type VacuumParts } from '../lake/vacuum/vacuum-table.ts';
import type { VacuumReport } from '../plans/vacuum-report.ts';
import { alive } from './alive.ts';

export interface VacuumInput {
  readonly table: string;
}

export interface VacuumActivities {
  /** Deletes what nothing needs any more of a table and its rejected table. */
  readonly vacuumTable: (input: VacuumInput) => Promise<VacuumReport>;
}

/** The activity of vacuum, on a worker's parts. */
export function createVacuumActivities(parts: VacuumParts & { readonly tablesFolder: string }): VacuumActivities {
  return {
    vacuumTable: ({ table }) =>
      alive((signal) => {
        const definition = loadDefinition(parts.tablesFolder, table);
        return vacuumTable(parts, { definition, dryRun: false, signal });
      }),
  };
}
