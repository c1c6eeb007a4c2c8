import { BatchTooLarge } from '../engines/engine.ts';
import { asSluiceError } from '../errors/sluice-error.ts';
import type { BatchMaking, BatchPlan, PlanChange } from '../plans/batch.ts';
import { shardCount } from '../plans/shard.ts';
import { cutTo, halved, redefined } from '../plans/plan-revision.ts';

/** How the write of a batch failed, and how a new one would be made. */
export interface FailedWrite {
  readonly thrown: unknown;
  /** Of the step. */
  readonly signal: AbortSignal;
  readonly making: BatchMaking;
  readonly nowMs: number;
}

/**
 * The revision by which a batch that failed can go on by itself: of fewer records where it holds too much at once, by the
 * definition as it is now where that has been corrected since. Undefined where it is to be tried again as it is, or waits
 * for an operator.
 */
export function revisionAfter(plan: BatchPlan, failed: FailedWrite): BatchPlan | undefined {
  const { thrown, signal, nowMs } = failed;
  const changed = (reason: PlanChange['reason'], detail: string): PlanChange => ({ reason, detail, by: 'sluice' });
  if (signal.aborted) {
    if (!isTimeout(signal.reason)) return undefined;
    const detail = 'It took longer than limits.step_timeout of the table definition.';
    return halved(plan, changed('too_slow', detail), nowMs);
  }
  if (thrown instanceof BatchTooLarge) {
    // What it says is of one part.
    if (shardCount(plan) > 1) return halved(plan, changed('too_large', thrown.message), nowMs);
    return cutTo(plan, thrown.readTo, changed('too_large', thrown.message), nowMs);
  }
  const { code, message, details } = asSluiceError(thrown);
  switch (code) {
    case 'LIMIT_EXCEEDED':
      return halved(plan, changed(details['limit'] === 'memory' ? 'too_large' : 'too_many_partitions', message), nowMs);
    case 'RECORD_TOO_LARGE':
    case 'RECORD_BATCH_CORRUPT':
      return endingBefore(plan, details, changed('unreadable', message), nowMs);
    case 'ENGINE_FAILED':
    case 'SPARK_UNREACHABLE':
    case 'COUNT_MISMATCH':
    case 'INTERNAL':
      if (isMadeAs(plan, failed.making)) return undefined;
      return redefined(
        plan,
        failed.making,
        changed('redefined', `It failed as it was defined then. ${message}`),
        nowMs,
      );
    default:
      return undefined;
  }
}

function isMadeAs(plan: BatchPlan, { engine, definitionHash }: BatchMaking): boolean {
  return plan.engine === engine && plan.definitionHash === definitionHash;
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
