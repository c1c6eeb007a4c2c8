import { expect, it } from 'vitest';
import { AUDIT_CHECKS, type CheckOutcome, inOrderOfSeverity, verdictOf } from '../../plans/audit-report.ts';
import { FindingList } from '../../plans/finding-list.ts';
import { finding } from '../../plans/finding.ts';

const done: CheckOutcome[] = AUDIT_CHECKS.map((check) => ({ check, done: true, failure: null }));
const failed: CheckOutcome[] = [
  ...done.slice(1),
  { check: 'files', done: false, failure: { code: 'LAKE_UNREACHABLE', message: '', remedy: null } },
];
const error = finding('record_missing', 'health', 'one');
const warning = finding('certificate_broken', 'health', 'two');
const notice = finding('offsets_expired', 'health', 'three');

it('judges by errors and warnings first, then by what could not be looked at', () => {
  expect(verdictOf([], done)).toBe('clean');
  expect(verdictOf([notice], done)).toBe('clean');
  expect(verdictOf([notice], failed)).toBe('incomplete');
  expect(verdictOf([warning], done)).toBe('findings');
  expect(verdictOf([error], failed)).toBe('findings');
});

it('lists the worst first', () => {
  expect(inOrderOfSeverity([notice, warning, error])).toEqual([error, warning, notice]);
});

it('keeps so many findings of a kind and counts all', () => {
  const list = new FindingList(2);
  list.add(error, error, error, notice);
  expect(list.kept).toHaveLength(3);
  expect(list.counts).toEqual({ record_missing: 3, offsets_expired: 1 });
});
