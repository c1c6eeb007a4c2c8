/** Offsets of one partition, from `startOffset` up to, not including, `endOffset`. */
export interface OffsetRange {
  readonly partition: number;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
}
