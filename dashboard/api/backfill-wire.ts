/** What the API says of backfills, as API.md documents it. Offsets are decimal texts. */
import type { BackfillScope } from '../../plans/backfill.ts';
import type { BackfillOutlook } from '../../plans/backfill-planning.ts';
import type { BackfillState } from '../../workflows/backfill-protocol.ts';

export interface BackfillReport {
  readonly number: number;
  readonly scope: BackfillScope;
  /** By its workflow, or, where that does not answer, by the lake. */
  readonly state: BackfillState;
  /** Why, and what to do, in words. */
  readonly words: string;
  readonly plannedAtMs: number;
  readonly plannedBy: string;
  /** Of its records, with how far it has come. */
  readonly offsets: string;
  readonly units: number;
  readonly unitsDone: number;
  /** Derived so far; null where that is not known any more. */
  readonly rows: number | null;
  readonly rejectedRows: number | null;
  readonly workflowUrl: string;
}

/** A table's newest backfills, newest first. */
export interface BackfillsReport {
  readonly table: string;
  readonly backfills: readonly BackfillReport[];
}

/** What a backfill would do: nothing has been done. */
export interface OutlookReport extends BackfillOutlook {
  readonly table: string;
  readonly scope: BackfillScope;
  readonly topic: string;
  readonly definitionHash: string;
}
