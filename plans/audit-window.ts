import type { LostRange, PlannedRange } from './batch.ts';
import { planMicroBatch } from './micro-batch.ts';

/** How far a partition is to be read, and where reading stands. */
export interface Stretch {
  readonly partition: number;
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
}

export interface WindowLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/**
 * The next part of each stretch that fits into the limits together, cut as ingestion cuts its batches: so a window meets
 * few files. Empty where nothing is left.
 */
export function nextWindow(
  table: string,
  left: readonly Stretch[],
  limits: WindowLimits,
  recordSizeBytes: number | undefined,
): Stretch[] {
  const { ranges } = planMicroBatch({
    table,
    committed: new Map(left.map(({ partition, from }) => [partition, from])),
    available: new Map(left.map(({ partition, from, to }) => [partition, { earliest: from, lastStable: to }])),
    limits,
    recordSizeBytes,
  });
  return ranges.map((range) => ({
    partition: range.partition,
    from: BigInt(range.startOffset),
    to: BigInt(range.endOffset),
  }));
}

/** What is left of the stretches after a window. */
export function afterWindow(left: readonly Stretch[], window: readonly Stretch[]): Stretch[] {
  const reached = new Map(window.map(({ partition, to }) => [partition, to]));
  return left
    .map((stretch) => ({ ...stretch, from: reached.get(stretch.partition) ?? stretch.from }))
    .filter(({ from, to }) => from < to);
}

/** The stretches below and above where each partition begins in Kafka; one that is unknown there is all below. */
export function splitAt(
  stretches: readonly Stretch[],
  boundary: ReadonlyMap<number, bigint>,
): { below: Stretch[]; above: Stretch[] } {
  const below: Stretch[] = [];
  const above: Stretch[] = [];
  for (const { partition, from, to } of stretches) {
    const at = clamp(boundary.get(partition) ?? to, from, to);
    if (from < at) below.push({ partition, from, to: at });
    if (at < to) above.push({ partition, from: at, to });
  }
  return { below, above };
}

/** Joins ranges of one partition that lie no further apart than `distance`; they must be in order. */
export function joinNear(ranges: readonly Stretch[], distance: bigint): Stretch[] {
  const joined: Stretch[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.partition === range.partition && range.from - last.to <= distance) {
      joined[joined.length - 1] = { ...last, to: range.to };
    } else joined.push(range);
  }
  return joined;
}

/** The parts of `stretches` that none of the others covers. */
export function withoutRanges(stretches: readonly Stretch[], others: readonly Stretch[]): Stretch[] {
  return stretches.flatMap((stretch) => {
    let left: Stretch[] = [stretch];
    for (const { partition, from, to } of others) {
      if (partition !== stretch.partition) continue;
      left = left.flatMap((part) => [
        { ...part, to: part.to < from ? part.to : from },
        { ...part, from: part.from > to ? part.from : to },
      ]);
      left = left.filter((part) => part.from < part.to);
    }
    return left;
  });
}

export function lostStretches(lost: readonly LostRange[]): Stretch[] {
  return lost.map(({ partition, startOffset, endOffset }) => ({
    partition,
    from: BigInt(startOffset),
    to: BigInt(endOffset),
  }));
}

export function plannedRanges(window: readonly Stretch[]): PlannedRange[] {
  return window.map(({ partition, from, to }) => ({
    partition,
    startOffset: String(from),
    endOffset: String(to),
  }));
}

function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return value < low ? low : value > high ? high : value;
}
