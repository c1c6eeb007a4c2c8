/**
 * How far apart, at most, the order of records in a Kafka partition and their timestamps are taken to be: producers'
 * clocks, batches that wait, retries. Only the seal of an hour relies on it.
 */
export const TIMESTAMP_DISORDER_MS = 600_000;
/** Neighbouring ranges are certified as one up to this many offsets. */
export const CERTIFIED_RANGE_MAX_OFFSETS = 1_000_000n;

/** What the rows of a range were compared with: their records, what an earlier certificate says, or nothing any more. */
export type Verification = 'kafka' | 'certificate' | 'nothing';

/** Offsets of one Kafka partition, from `fromOffset` up to and without `toOffset`. */
export interface CertifiedRange {
  readonly partition: number;
  readonly fromOffset: string;
  readonly toOffset: string;
  readonly rows: number;
  readonly rejected: number;
  /** Of all rows, rejected ones included: 16 hexadecimal digits (docs/audit.md). */
  readonly checksum: string;
  readonly verifiedBy: Verification;
}

/** One partition of the table: an event hour, or a day. */
export interface CertifiedHour {
  /** Its name in Hive. */
  readonly hivePartition: string;
  readonly rows: number;
  /** Rows of them that no Kafka record or certificate vouches for. */
  readonly unverifiedRows: number;
  /** Records rejected whose Kafka timestamp lies in the hour; their event time is not known. */
  readonly rejected: number;
  readonly checksum: string;
  /** When it ends, in milliseconds since the epoch. */
  readonly endsAtMs: number;
  /** No record can come to it any more. */
  readonly sealed: boolean;
}

/** What an audit vouches for. Kept in `_sluice/certificates/<number>.json`; the shape is stable. */
export interface Certificate {
  readonly format: 1;
  /** Counts up from 1 without gaps. The highest number is the one that holds. */
  readonly number: number;
  readonly auditId: string;
  readonly table: string;
  readonly topic: string;
  readonly topicId: string;
  readonly certifiedAtMs: number;
  /** Versions of both logs. */
  readonly version: number;
  readonly rejectedVersion: number;
  /** Times that retention had dropped partitions of either table. */
  readonly drops: number;
  /** For each Kafka partition: every record below is in the table or the rejected table, exactly once and right. */
  readonly completeTo: Readonly<Record<string, string>>;
  /** For each Kafka partition: no record with an earlier timestamp is to be expected; null before the first record. */
  readonly watermarksMs: Readonly<Record<string, number | null>>;
  readonly ranges: readonly CertifiedRange[];
  readonly hours: readonly CertifiedHour[];
}

/** Adds two checksums: sums of 64 bits, so that order does not matter and parts can be put together. */
export function addChecksums(one: string, other: string): string {
  return checksumText(BigInt(`0x${one}`) + BigInt(`0x${other}`));
}

export const NO_CHECKSUM = '0'.repeat(16);

export function checksumText(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** Ranges in order, neighbours joined where they were verified alike and stay within the limit. */
export function joinRanges(ranges: readonly CertifiedRange[]): CertifiedRange[] {
  const joined: CertifiedRange[] = [];
  const inOrder = [...ranges].sort(
    (a, b) => a.partition - b.partition || Number(BigInt(a.fromOffset) - BigInt(b.fromOffset)),
  );
  for (const range of inOrder) {
    const last = joined.at(-1);
    if (last === undefined || !areJoinable(last, range)) joined.push(range);
    else joined[joined.length - 1] = sumOf(last, range);
  }
  return joined;
}

function areJoinable(one: CertifiedRange, next: CertifiedRange): boolean {
  return (
    one.partition === next.partition &&
    one.toOffset === next.fromOffset &&
    one.verifiedBy === next.verifiedBy &&
    BigInt(next.toOffset) - BigInt(one.fromOffset) <= CERTIFIED_RANGE_MAX_OFFSETS
  );
}

function sumOf(one: CertifiedRange, next: CertifiedRange): CertifiedRange {
  return {
    ...one,
    toOffset: next.toOffset,
    rows: one.rows + next.rows,
    rejected: one.rejected + next.rejected,
    checksum: addChecksums(one.checksum, next.checksum),
  };
}

export type HourSum = Pick<
  CertifiedHour,
  'hivePartition' | 'rows' | 'unverifiedRows' | 'rejected' | 'checksum' | 'endsAtMs'
>;

/** Adds up what is known of the same hours. */
export function addHours(hours: readonly HourSum[]): HourSum[] {
  const sums = new Map<string, HourSum>();
  for (const hour of hours) {
    const sum = sums.get(hour.hivePartition);
    if (sum === undefined) sums.set(hour.hivePartition, hour);
    else
      sums.set(hour.hivePartition, {
        ...hour,
        rows: sum.rows + hour.rows,
        unverifiedRows: sum.unverifiedRows + hour.unverifiedRows,
        rejected: sum.rejected + hour.rejected,
        checksum: addChecksums(sum.checksum, hour.checksum),
      });
  }
  return [...sums.values()].sort((a, b) => a.endsAtMs - b.endsAtMs);
}

/** What is known of one Kafka partition when its watermark is set. */
export interface PartitionProgress {
  readonly completeTo: bigint;
  /** End of the partition when Kafka was asked, at `askedAtMs` of this machine's clock. */
  readonly lastStable: bigint;
  readonly askedAtMs: number;
  /** The latest timestamp of a record below `completeTo`; undefined where there is none. */
  readonly latestTimestampMs: number | undefined;
}

/**
 * The time before which no further record of the partition is to be expected. A partition of which everything is known
 * stands at the time of asking, so that one that is idle does not hold back the others; a timestamp ahead of that time
 * counts as that time. In both cases less the disorder that is allowed for.
 */
export function watermarkMs(progress: PartitionProgress): number | null {
  const { completeTo, lastStable, askedAtMs, latestTimestampMs } = progress;
  if (completeTo >= lastStable) return askedAtMs - TIMESTAMP_DISORDER_MS;
  if (latestTimestampMs === undefined) return null;
  return Math.min(latestTimestampMs, askedAtMs) - TIMESTAMP_DISORDER_MS;
}

/**
 * Whether an hour is sealed: every watermark has passed its end by the accepted lateness (`event_time.accept_past`). A
 * record that comes later has a Kafka timestamp at or after the watermark, and is rejected if its event time is older
 * than that by more than the accepted lateness.
 */
export function isSealed(endsAtMs: number, watermarksMs: readonly (number | null)[], acceptPastMs: number): boolean {
  return (
    watermarksMs.length > 0 &&
    watermarksMs.every((watermark) => watermark !== null && watermark >= endsAtMs + acceptPastMs)
  );
}

const HOUR_MS = 3_600_000;

/** When a partition of the table ends, by its name: `dt=2026-11-23/hour=5` or `dt=2026-11-23`. */
export function endOfPartitionMs(name: string): number {
  const [, day = '', hour] = /^dt=(\d+-\d+-\d+)(?:\/hour=(\d+))?$/.exec(name) ?? [];
  const dayMs = Date.parse(`${day}T00:00:00Z`);
  return hour === undefined ? dayMs + 24 * HOUR_MS : dayMs + (Number(hour) + 1) * HOUR_MS;
}

/** What a new certificate is made of. */
export interface CertificateInput {
  /** The certificate before; the new one goes on from it where `continues`, else begins anew. */
  readonly previous: Certificate | undefined;
  readonly continues: boolean;
  readonly about: Pick<
    Certificate,
    'auditId' | 'table' | 'topic' | 'topicId' | 'certifiedAtMs' | 'version' | 'rejectedVersion' | 'drops'
  >;
  readonly ranges: readonly CertifiedRange[];
  readonly hours: readonly HourSum[];
  /** Of every Kafka partition. */
  readonly progress: ReadonlyMap<number, PartitionProgress>;
  readonly acceptPastMs: number;
}

export function nextCertificate(input: CertificateInput): Certificate {
  const { previous, progress, acceptPastMs } = input;
  const base = input.continues ? previous : undefined;
  const completeTo: Record<string, string> = {};
  const watermarksMs: Record<string, number | null> = {};
  for (const [partition, reached] of progress) {
    completeTo[partition] = String(reached.completeTo);
    watermarksMs[partition] = later(watermarkMs(reached), base?.watermarksMs[partition] ?? null);
  }
  const watermarks = Object.values(watermarksMs);
  const hours = addHours([...(base?.hours ?? []), ...input.hours]);
  return {
    format: 1,
    number: (previous?.number ?? 0) + 1,
    ...input.about,
    completeTo,
    watermarksMs,
    ranges: joinRanges([...(base?.ranges ?? []), ...input.ranges]),
    hours: hours.map(({ hivePartition, rows, unverifiedRows, rejected, checksum, endsAtMs }) => ({
      hivePartition,
      rows,
      unverifiedRows,
      rejected,
      checksum,
      endsAtMs,
      sealed: isSealed(endsAtMs, watermarks, acceptPastMs),
    })),
  };
}

function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/**
 * Sealed hours of the certificate before that are not what they were: where an audit `continues` from it none of them may
 * have gained a row, else all of them must add up to the same.
 */
export function brokenHours(
  previous: Certificate | undefined,
  continues: boolean,
  hours: readonly HourSum[],
): CertifiedHour[] {
  const found = new Map(hours.map((hour) => [hour.hivePartition, hour]));
  return (previous?.hours ?? []).filter((hour) => {
    if (!hour.sealed) return false;
    const now = found.get(hour.hivePartition);
    if (continues) return (now?.rows ?? 0) > 0;
    return hour.rows !== (now?.rows ?? 0) || hour.checksum !== (now?.checksum ?? NO_CHECKSUM);
  });
}
