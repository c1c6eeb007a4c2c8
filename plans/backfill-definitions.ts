/** Offsets that a backfill has derived anew, and by which definition. */
export interface RedefinedRange {
  readonly partition: number;
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  readonly hash: string;
}

/**
 * By which definition the last backfill derived an offset, and how far at least that holds; without a hash where none did.
 * @param ranges in the order in which their backfills were committed
 */
export function redefinedAt(
  ranges: readonly RedefinedRange[],
  partition: number,
  offset: bigint,
): { readonly hash: string | undefined; readonly to: bigint | undefined } {
  let hash: string | undefined;
  let to: bigint | undefined;
  for (const range of ranges) {
    if (range.partition !== partition || range.to <= offset) continue;
    if (range.from <= offset) {
      hash = range.hash;
      to = range.to;
    } else if (to === undefined || range.from < to) to = range.from;
  }
  return { hash, to };
}
