import type { BackfillDecision } from '../plans/backfill.ts';
import { type BackfillInput, type BackfillParts, openBackfill } from './open-backfill.ts';

type DecisionParts = Pick<BackfillParts, 'storage' | 'tablesFolder' | 'log' | 'clock'>;

/** Lets a proposed backfill begin. The first approval is the approval. */
export async function approveBackfill(parts: DecisionParts, input: BackfillInput, by: string): Promise<void> {
  const { files } = await openBackfill(parts, input);
  await files.approve(input.number, { format: 1, approvedAtMs: parts.clock.nowMs(), by });
}

/**
 * Cancels a backfill for good, if it has not begun to be committed. Nothing of it is visible then, nor will be: its files are
 * a vacuum's.
 * @returns what was decided, which may be that it is committed
 */
export async function cancelBackfill(
  parts: DecisionParts,
  input: BackfillInput,
  by: string,
): Promise<BackfillDecision> {
  const { files } = await openBackfill(parts, input);
  return files.decide(input.number, { format: 1, decision: 'cancel', decidedAtMs: parts.clock.nowMs(), by });
}
