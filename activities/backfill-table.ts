import { advanceBackfill, type BackfillNeed } from '../backfill/advance-backfill.ts';
import { approveBackfill, cancelBackfill } from '../backfill/decide-backfill.ts';
import { deriveUnit, type UnitInput, type UnitOutcome } from '../backfill/derive-unit.ts';
import { mergePartition, type MergeInput, type MergeOutcome } from '../backfill/merge-partition.ts';
import type { BackfillInput, BackfillParts } from '../backfill/open-backfill.ts';
import { progressInWords } from '../engines/engine-progress.ts';
import type { BackfillDecision } from '../plans/backfill.ts';
import { alive } from './alive.ts';

export type { BackfillInput, BackfillNeed, MergeInput, MergeOutcome, UnitInput, UnitOutcome };

/** A command, and who gave it. */
export interface BackfillCommand extends BackfillInput {
  readonly by: string;
}

export interface BackfillActivities {
  /** Brings a backfill as far as it comes by itself, and says what it needs then. */
  readonly advanceBackfill: (input: BackfillInput) => Promise<BackfillNeed>;
  readonly deriveUnit: (input: UnitInput) => Promise<UnitOutcome>;
  readonly mergePartition: (input: MergeInput) => Promise<MergeOutcome>;
  readonly approveBackfill: (input: BackfillCommand) => Promise<void>;
  /** @returns what was decided: a backfill that is being committed already is finished */
  readonly cancelBackfill: (input: BackfillCommand) => Promise<BackfillDecision>;
}

/** The activities of backfills, on a worker's parts. */
export function createBackfillActivities(parts: BackfillParts): BackfillActivities {
  return {
    advanceBackfill: (input) => alive(() => advanceBackfill(parts, input)),
    deriveUnit: (input) =>
      alive((signal, tell) => deriveUnit(parts, input, signal, (engine) => tell({ engine: progressInWords(engine) }))),
    mergePartition: (input) => alive((signal) => mergePartition(parts, input, signal)),
    approveBackfill: (input) => alive(() => approveBackfill(parts, input, input.by)),
    cancelBackfill: (input) => alive(() => cancelBackfill(parts, input, input.by)),
  };
}
