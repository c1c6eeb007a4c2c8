import { BatchTooLarge } from '../engines/engine.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import type { BatchPlan, PlanChange } from '../plans/batch.ts';
import { cutTo, halved } from '../plans/plan-revision.ts';

/**
 * The revision by which a batch that failed can go on by itself; undefined where it is no matter of how much it holds at
 * once: then it is tried again, or waits for an operator.
 */
export function revisionAfter(
  plan: BatchPlan,
  thrown: unknown,
  signal: AbortSignal,
  nowMs: number,
): BatchPlan | undefined {
  const changed = (reason: PlanChange['reason'], detail: string): PlanChange => ({ reason, detail, by: 'sluice' });
  if (signal.aborted) {
    if (!isTimeout(signal.reason)) return undefined;
    const detail = 'It took longer than limits.step_timeout of the table definition.';
    return halved(plan, changed('too_slow', detail), nowMs);
  }
  if (thrown instanceof BatchTooLarge) {
    return cutTo(plan, thrown.readTo, changed('too_large', thrown.message), nowMs);
  }
  const { code, message, details } = asSluiceError(thrown);
  switch (code) {
    case 'LIMIT_EXCEEDED':
      return halved(plan, changed(details['limit'] === 'memory' ? 'too_large' : 'too_many_partitions', message), nowMs);
    case 'RECORD_TOO_LARGE':
    case 'RECORD_BATCH_CORRUPT':
      return endingBefore(plan, details, changed('unreadable', message), nowMs);
    default:
      return undefined;
  }
}

/** What lies before a record batch that cannot be read is not held up by it. */
function endingBefore(
  plan: BatchPlan,
  { partition, offset }: Readonly<Record<string, unknown>>,
  change: PlanChange,
  nowMs: number,
): BatchPlan | undefined {
  if (typeof partition !== 'number' || typeof offset !== 'string') return undefined;
  const ends = new Map(plan.ranges.map((range) => [range.partition, BigInt(range.endOffset)]));
  const start = BigInt(plan.ranges.find((range) => range.partition === partition)?.startOffset ?? 0);
  const bad = BigInt(offset);
  return cutTo(plan, ends.set(partition, bad > start ? bad : start), change, nowMs);
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
