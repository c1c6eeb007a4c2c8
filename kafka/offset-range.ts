/** Offsets of one partition, from `startOffset` up to and without `endOffset`. Offsets in between need not all exist. */
export interface OffsetRange {
  readonly partition: number;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
}

/** As people read it: `partition 2, offsets 10 to 19`. */
export function describeRange({ partition, startOffset, endOffset }: OffsetRange): string {
  return `partition ${partition}, offsets ${String(startOffset)} to ${String(endOffset - 1n)}`;
}
