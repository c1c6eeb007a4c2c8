import { describe, expect, it } from 'vitest';
import {
  addChecksums,
  brokenHours,
  CERTIFIED_RANGE_MAX_OFFSETS,
  type CertificateInput,
  type CertifiedRange,
  endOfPartitionMs,
  type HourSum,
  isSealed,
  joinRanges,
  nextCertificate,
  TIMESTAMP_DISORDER_MS,
  watermarkMs,
} from '../../plans/certificate.ts';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.parse('2026-11-23T12:00:00Z');

function range(from: number | bigint, to: number | bigint, more: Partial<CertifiedRange> = {}): CertifiedRange {
  return {
    partition: 0,
    fromOffset: String(from),
    toOffset: String(to),
    rows: Number(BigInt(to) - BigInt(from)),
    rejected: 0,
    checksum: '0000000000000001',
    verifiedBy: 'kafka',
    ...more,
  };
}

function hour(hivePartition: string, rows: number, checksum = '0000000000000001'): HourSum {
  const endsAtMs = endOfPartitionMs(hivePartition);
  return { hivePartition, rows, unverifiedRows: 0, rejected: 0, checksum, endsAtMs };
}

describe('ranges', () => {
  it('are joined where they are neighbours, verified alike and within the limit', () => {
    const joined = joinRanges([range(10, 20), range(0, 10, { rejected: 3 }), range(30, 40)]);
    expect(joined).toEqual([range(0, 20, { rejected: 3, checksum: '0000000000000002' }), range(30, 40)]);
    expect(joinRanges([range(0, 10), range(10, 20, { verifiedBy: 'nothing' })])).toHaveLength(2);
    expect(joinRanges([range(0, 10), range(10, 20, { partition: 1 })])).toHaveLength(2);
    expect(
      joinRanges([range(0, CERTIFIED_RANGE_MAX_OFFSETS), range(CERTIFIED_RANGE_MAX_OFFSETS, 1_000_001n)]),
    ).toHaveLength(2);
  });

  it('have checksums that add up in 64 bits', () => {
    expect(addChecksums('ffffffffffffffff', '0000000000000002')).toBe('0000000000000001');
  });
});

describe('a watermark', () => {
  const progress = { completeTo: 10n, lastStable: 20n, askedAtMs: NOON_MS, latestTimestampMs: NOON_MS - HOUR_MS };

  it('is the latest timestamp, less the disorder allowed for, while records are left', () => {
    expect(watermarkMs(progress)).toBe(NOON_MS - HOUR_MS - TIMESTAMP_DISORDER_MS);
  });

  it('is the time of asking where everything is known, so that an idle partition holds nothing back', () => {
    expect(watermarkMs({ ...progress, lastStable: 10n })).toBe(NOON_MS - TIMESTAMP_DISORDER_MS);
  });

  it('does not run ahead with a producer’s clock', () => {
    expect(watermarkMs({ ...progress, latestTimestampMs: NOON_MS + HOUR_MS })).toBe(NOON_MS - TIMESTAMP_DISORDER_MS);
  });

  it('is unknown before the first record', () => {
    expect(watermarkMs({ ...progress, latestTimestampMs: undefined })).toBeNull();
  });
});

describe('an hour', () => {
  it('ends where its name says', () => {
    expect(endOfPartitionMs('dt=2026-11-23/hour=11')).toBe(NOON_MS);
    expect(endOfPartitionMs('dt=2026-11-22')).toBe(NOON_MS - 12 * HOUR_MS);
  });

  it('is sealed once every watermark has passed its end by the accepted lateness', () => {
    expect(isSealed(NOON_MS, [NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS], HOUR_MS)).toBe(true);
    expect(isSealed(NOON_MS, [NOON_MS + HOUR_MS - 1, NOON_MS + 2 * HOUR_MS], HOUR_MS)).toBe(false);
    expect(isSealed(NOON_MS, [null, NOON_MS + 2 * HOUR_MS], HOUR_MS)).toBe(false);
    expect(isSealed(NOON_MS, [], HOUR_MS)).toBe(false);
  });
});

describe('the next certificate', () => {
  const about = {
    auditId: 'a',
    table: 'health',
    topic: 'health',
    topicId: 'id',
    certifiedAtMs: NOON_MS,
    version: 7,
    rejectedVersion: 3,
    drops: 0,
  };
  const known = { lastStable: 10n, askedAtMs: NOON_MS, latestTimestampMs: NOON_MS };
  const first: CertificateInput = {
    previous: undefined,
    continues: false,
    about,
    ranges: [range(0, 10)],
    hours: [hour('dt=2026-11-23/hour=8', 6), hour('dt=2026-11-23/hour=11', 4)],
    progress: new Map([[0, { ...known, completeTo: 10n }]]),
    acceptPastMs: HOUR_MS,
  };

  it('says up to where a table is complete, and which hours are sealed', () => {
    const certificate = nextCertificate(first);
    expect(certificate).toMatchObject({ number: 1, completeTo: { 0: '10' } });
    expect(certificate.hours.map(({ sealed }) => sealed)).toEqual([true, false]);
  });

  it('goes on from the one before, or begins anew under the next number', () => {
    const previous = nextCertificate(first);
    const more = {
      ...first,
      previous,
      ranges: [range(10, 15)],
      hours: [hour('dt=2026-11-23/hour=11', 5)],
      progress: new Map([[0, { ...known, completeTo: 15n, lastStable: 15n }]]),
    };
    const continued = nextCertificate({ ...more, continues: true });
    expect(continued).toMatchObject({ number: 2, completeTo: { 0: '15' } });
    expect(continued.ranges).toEqual([range(0, 15, { checksum: '0000000000000002' })]);
    expect(continued.hours.map(({ rows }) => rows)).toEqual([6, 9]);
    expect(nextCertificate({ ...more, continues: false })).toMatchObject({ number: 2, ranges: [{ fromOffset: '10' }] });
  });

  it('is broken by a sealed hour that is not what it was, and by no other', () => {
    const previous = nextCertificate(first);
    expect(brokenHours(previous, false, first.hours)).toEqual([]);
    expect(brokenHours(previous, false, [hour('dt=2026-11-23/hour=8', 6)])).toEqual([]);
    const changed = [hour('dt=2026-11-23/hour=8', 6, '00000000000000ff')];
    expect(brokenHours(previous, false, changed).map(({ hivePartition }) => hivePartition)).toEqual([
      'dt=2026-11-23/hour=8',
    ]);
    expect(brokenHours(previous, false, [])).toHaveLength(1);
    expect(brokenHours(previous, true, [])).toEqual([]);
    expect(brokenHours(previous, true, [hour('dt=2026-11-23/hour=8', 1)])).toHaveLength(1);
  });
});
