import { auditTable } from '../audit/audit-table.ts';
import { withAuditParts } from '../audit/open-parts.ts';
import { loadDefinition } from '../definition/load.ts';
import type { AuditMode } from '../plans/audit-report.ts';
import { type AuditSummary, summaryOf } from '../plans/audit-summary.ts';
import type { Settings } from '../settings/settings.ts';
import { alive } from './alive.ts';

export interface AuditInput {
  readonly table: string;
  readonly mode: AuditMode;
  /** Only what no certificate vouches for yet. */
  readonly uncertified: boolean;
  readonly repair: boolean;
}

export interface AuditActivities {
  /** Audits one table, keeps the report in the lake and returns what matters of it. */
  readonly auditTable: (input: AuditInput) => Promise<AuditSummary>;
}

/** The activity of auditing. Each audit opens connections and an engine of its own. */
export function createAuditActivities(settings: Settings): AuditActivities {
  return {
    auditTable: ({ table, mode, uncertified, repair }) =>
      alive(async (signal, tell) => {
        const definition = loadDefinition(settings.tablesFolder, table);
        const report = await withAuditParts(settings, (parts) =>
          auditTable(parts, { definition, mode, scope: { uncertified }, repair, signal, onProgress: tell }),
        );
        return summaryOf(report);
      }),
  };
}
