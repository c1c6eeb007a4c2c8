import type { FoundRange } from './finding.ts';

/** Ranges of one entry that are listed; beyond that records are only counted. */
export const MAX_RANGES_LISTED = 100;

/** Records by Kafka partition as ranges: adjacent ones are joined, and only the first ones are listed. */
export class OffsetLedger {
  readonly #maxRanges: number;
  readonly #ranges: { partition: number; from: bigint; to: bigint; records: number }[] = [];
  #records = 0;
  #omitted = 0;

  constructor(maxRanges = MAX_RANGES_LISTED) {
    this.#maxRanges = maxRanges;
  }

  /** Offsets from `from` up to and without `to`. Those of a partition must come in rising order. */
  add(partition: number, from: bigint, to: bigint, records: number): void {
    this.#records += records;
    const last = this.#ranges.findLast((range) => range.partition === partition);
    if (last?.to === from) {
      last.to = to;
      last.records += records;
    } else if (this.#ranges.length < this.#maxRanges) this.#ranges.push({ partition, from, to, records });
    else this.#omitted += 1;
  }

  get records(): number {
    return this.#records;
  }

  /** As a finding lists them. */
  listed(): { readonly records: number; readonly ranges: FoundRange[]; readonly rangesOmitted: number } {
    const ranges = this.#ranges.map(({ partition, from, to, records }) => ({
      partition,
      fromOffset: String(from),
      toOffset: String(to),
      records,
    }));
    return { records: this.#records, ranges, rangesOmitted: this.#omitted };
  }
}

/** `partition 0, offsets 10 to 19 and 25`: for messages. */
export function describeRanges(partition: number, ranges: readonly FoundRange[], omitted: number): string {
  const texts = ranges.map(({ fromOffset, toOffset }) => {
    const last = String(BigInt(toOffset) - 1n);
    return last === fromOffset ? fromOffset : `${fromOffset} to ${last}`;
  });
  const shown = texts.slice(0, MAX_RANGES_IN_WORDS);
  const more = texts.length - shown.length + omitted;
  return `partition ${partition}, offsets ${shown.join(', ')}${more > 0 ? ` and ${more} ranges more` : ''}`;
}

/** Ranges that a message spells out. */
const MAX_RANGES_IN_WORDS = 5;
