import type { Stretch } from '../plans/audit-window.ts';
import {
  addHours,
  type CertifiedRange,
  type HourSum,
  joinRanges,
  NO_CHECKSUM,
  type Verification,
} from '../plans/certificate.ts';

/** What the rows of a window add up to. */
export interface WindowSums {
  readonly partitions: ReadonlyMap<number, PartitionSum>;
  readonly hours: readonly Omit<HourSum, 'unverifiedRows'>[];
}

export interface PartitionSum {
  readonly rows: number;
  readonly rejected: number;
  readonly checksum: string;
  readonly latestTimestampMs: number | undefined;
}

/** What the rows of all windows add up to, by offsets and by event hour. */
export class CertifiedSums {
  /** Ranges that are not what an earlier certificate says. */
  readonly broken: CertifiedRange[] = [];
  readonly latestTimestampMs = new Map<number, number>();
  readonly #ranges: CertifiedRange[] = [];
  #hours: HourSum[] = [];

  add(window: readonly Stretch[], sums: WindowSums, verifiedBy: Verification): void {
    for (const { partition, from, to } of window) {
      const sum = sums.partitions.get(partition);
      const { rows = 0, rejected = 0, checksum = NO_CHECKSUM } = sum ?? {};
      const offsets = { partition, fromOffset: String(from), toOffset: String(to) };
      this.#ranges.push({ ...offsets, rows, rejected, checksum, verifiedBy });
      const latestMs = Math.max(
        this.latestTimestampMs.get(partition) ?? -Infinity,
        sum?.latestTimestampMs ?? -Infinity,
      );
      if (Number.isFinite(latestMs)) this.latestTimestampMs.set(partition, latestMs);
    }
    const hours = sums.hours.map((hour) => ({ ...hour, unverifiedRows: verifiedBy === 'nothing' ? hour.rows : 0 }));
    this.#hours = addHours([...this.#hours, ...hours]);
  }

  /** Holds the range that was added last against what was certified of it. */
  compare(certified: CertifiedRange): void {
    const found = this.#ranges.at(-1);
    const same =
      found?.rows === certified.rows && found.rejected === certified.rejected && found.checksum === certified.checksum;
    if (!same) this.broken.push(certified);
  }

  get ranges(): CertifiedRange[] {
    return joinRanges(this.#ranges);
  }

  get hours(): readonly HourSum[] {
    return this.#hours;
  }
}
