import type { BatchMaking, BatchPlan, LostRange, PlanChange, PlannedRange } from './batch.ts';

/**
 * The next revisions of a plan. None touches the plan itself, and whichever revision is sealed first is the batch; so
 * anybody may make one at any time, and at worst its work is wasted.
 */

/** The same offsets again, by the definition and the engine as they are now. */
export function redefined(
  plan: BatchPlan,
  { definitionHash, engine }: BatchMaking,
  change: PlanChange,
  nowMs: number,
): BatchPlan {
  return next({ ...plan, definitionHash, engine }, plan.ranges, change, nowMs);
}

/** Half of the offsets; undefined where there is only one. */
export function halved(plan: BatchPlan, change: PlanChange, nowMs: number): BatchPlan | undefined {
  const count = offsetCount(plan);
  if (count <= 1n) return undefined;
  const dense = plan.ranges.some((range) => lengthOf(range) > 1n);
  if (!dense) return next(plan, plan.ranges.slice(0, Math.ceil(plan.ranges.length / 2)), change, nowMs);
  const ranges = plan.ranges.map((range) => ({
    ...range,
    endOffset: String(BigInt(range.startOffset) + (lengthOf(range) + 1n) / 2n),
  }));
  return next(plan, ranges, change, nowMs);
}

/**
 * Each range as far as `ends` reaches, and none of those that it does not name; undefined where that leaves nothing, or
 * takes nothing away.
 */
export function cutTo(
  plan: BatchPlan,
  ends: ReadonlyMap<number, bigint>,
  change: PlanChange,
  nowMs: number,
): BatchPlan | undefined {
  const ranges = plan.ranges
    .map((range) => ({
      ...range,
      endOffset: String(lower(ends.get(range.partition) ?? BigInt(range.startOffset), BigInt(range.endOffset))),
    }))
    .filter((range) => lengthOf(range) > 0n);
  const revised = next(plan, ranges, change, nowMs);
  const left = offsetCount(revised);
  return left === 0n || left === offsetCount(plan) ? undefined : revised;
}

/**
 * The plan without these offsets, which are recorded as lost. Each must begin where its partition's range does, and may end
 * beyond it. A plan that is left without ranges says only how far the table has come.
 */
export function withLosses(
  plan: BatchPlan,
  losses: readonly LostRange[],
  change: PlanChange,
  nowMs: number,
): BatchPlan {
  const byPartition = new Map(losses.map((loss) => [loss.partition, loss]));
  const ranges: PlannedRange[] = [];
  const nextOffsets = { ...plan.nextOffsets };
  for (const range of plan.ranges) {
    const lostTo = byPartition.get(range.partition)?.endOffset ?? range.startOffset;
    if (BigInt(lostTo) < BigInt(range.endOffset)) ranges.push({ ...range, startOffset: lostTo });
  }
  for (const { partition, endOffset } of losses) {
    const before = BigInt(nextOffsets[partition] ?? 0);
    nextOffsets[partition] = String(before > BigInt(endOffset) ? before : BigInt(endOffset));
  }
  const lost = joined([...(plan.lost ?? []), ...losses]);
  return { ...next(plan, ranges, change, nowMs), nextOffsets, lost };
}

/** How many offsets a plan's ranges span; records may be fewer. */
export function offsetCount({ ranges }: Pick<BatchPlan, 'ranges'>): bigint {
  return ranges.reduce((sum, range) => sum + lengthOf(range), 0n);
}

/** Where each partition stands after a plan of fewer offsets: a range that is left out begins again with the next batch. */
function next(plan: BatchPlan, ranges: readonly PlannedRange[], change: PlanChange, nowMs: number): BatchPlan {
  const nextOffsets = { ...plan.nextOffsets };
  for (const { partition, startOffset } of plan.ranges) nextOffsets[partition] = startOffset;
  for (const { partition, endOffset } of ranges) nextOffsets[partition] = endOffset;
  return { ...plan, revision: plan.revision + 1, plannedAtMs: nowMs, ranges, nextOffsets, change };
}

/** A loss that goes on where the one before ended is one with it. */
function joined(losses: readonly LostRange[]): LostRange[] {
  const all: LostRange[] = [];
  for (const loss of losses) {
    const at = all.findIndex(
      (known) =>
        known.partition === loss.partition &&
        known.cause === loss.cause &&
        known.by === loss.by &&
        known.endOffset === loss.startOffset,
    );
    const known = all[at];
    if (known === undefined) all.push(loss);
    else all[at] = { ...known, endOffset: loss.endOffset };
  }
  return all;
}

function lengthOf({ startOffset, endOffset }: PlannedRange): bigint {
  return BigInt(endOffset) - BigInt(startOffset);
}

function lower(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
