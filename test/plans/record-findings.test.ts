import { describe, expect, it } from 'vitest';
import { finding } from '../../plans/finding.ts';
import { MAX_RANGES_LISTED, OffsetLedger } from '../../plans/offset-ledger.ts';
import { type BrokenFile, RecordFindings } from '../../plans/record-findings.ts';

/** Holds 10 rows of partitions 0 and 1, of offsets 100 to 104 each. */
function brokenFile(rows = 10): BrokenFile {
  const path = 'data/b0000000001-0-0-a1-0.parquet';
  return {
    finding: finding('file_missing', 'health', `${path} is gone.`, { path }),
    storagePath: `lake/health/${path}`,
    rows,
    partitions: [0, 1],
    offsets: [100n, 104n],
  };
}

function found(records: RecordFindings): string[] {
  return records
    .findings()
    .map(({ kind, records: count, ranges }) =>
      [kind, count, ...ranges.map((range) => `${range.partition}:${range.fromOffset}-${range.toOffset}`)].join(' '),
    );
}

describe('findings about records', () => {
  it('are one for each kind and Kafka partition, neighbouring offsets joined', () => {
    const records = new RecordFindings();
    records.addMissing('health', 0, 5n, 7n);
    records.addMissing('health', 0, 7n, 9n);
    records.addMissing('health', 0, 20n, 21n);
    records.addMissing('health', 1, 5n, 6n);
    records.add('row_differs', { table: 'health', storagePath: undefined }, { partition: 0, from: 3n, to: 4n }, [
      'host',
    ]);
    expect(found(records)).toEqual(['record_missing 5 0:5-9 0:20-21', 'record_missing 1 1:5-6', 'row_differs 1 0:3-4']);
    expect(records.isEmpty).toBe(false);
  });

  it('are told with a broken file as far as it can have held the records, and no further', () => {
    const records = new RecordFindings();
    records.blame(brokenFile());
    records.addMissing('health', 0, 98n, 110n);
    records.addMissing('health', 1, 100n, 105n);
    records.addMissing('health', 2, 100n, 105n);
    expect(found(records)).toEqual([
      'file_missing 10 0:100-105 1:100-105',
      'record_missing 7 0:98-100 0:105-110',
      'record_missing 5 2:100-105',
    ]);
  });

  it('of an archive have a name of their own where records are missing', () => {
    const archived = new RecordFindings('archive_record_missing');
    archived.blame(brokenFile(3));
    archived.addMissing('health_archive', 0, 100n, 105n);
    expect(found(archived)).toEqual(['file_missing 3 0:100-103', 'archive_record_missing 2 0:103-105']);
  });

  it('are not hidden by a broken file that had fewer rows', () => {
    const records = new RecordFindings();
    records.blame(brokenFile(3));
    records.addMissing('health', 0, 100n, 105n);
    records.addMissing('health', 1, 100n, 101n);
    expect(found(records)).toEqual([
      'file_missing 3 0:100-103',
      'record_missing 2 0:103-105',
      'record_missing 1 1:100-101',
    ]);
  });

  it('are told with the broken file that the rows lie in', () => {
    const records = new RecordFindings();
    const file = brokenFile();
    records.blame(file);
    const offsets = { partition: 0, from: 101n, to: 102n };
    records.add('row_differs', { table: 'health', storagePath: file.storagePath }, offsets, ['host']);
    records.add('row_differs', { table: 'health', storagePath: 'another' }, offsets, ['host']);
    expect(found(records)).toEqual(['file_missing 1 0:101-102', 'row_differs 1 0:101-102']);
    expect(records.brokenPaths('health')).toEqual(new Set([file.finding.path]));
    expect(records.brokenPaths('health_rejected')).toEqual(new Set());
  });
});

it('lists so many ranges and counts the others', () => {
  const ledger = new OffsetLedger();
  for (let range = 0; range < MAX_RANGES_LISTED + 5; range += 1) {
    ledger.add(0, BigInt(range * 10), BigInt(range * 10 + 2), 2);
  }
  const { records, ranges, rangesOmitted } = ledger.listed();
  expect([records, ranges.length, rangesOmitted]).toEqual([2 * (MAX_RANGES_LISTED + 5), MAX_RANGES_LISTED, 5]);
});
