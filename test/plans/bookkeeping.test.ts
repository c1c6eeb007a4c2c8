import { describe, expect, it } from 'vitest';
import type { StoredFile } from '../../plans/audit-files.ts';
import { AUDITS_KEPT, AUDITS_KEPT_MS, BATCHES_KEPT, planBookkeeping } from '../../plans/bookkeeping.ts';

const file = (path: string, modifiedAtMs = 0): StoredFile => ({
  path: `_sluice/${path}`,
  sizeBytes: 100,
  modifiedAtMs,
});
const pad = (sequence: number): string => String(sequence).padStart(10, '0');
const plan = (sequence: number, revision = 0, atMs = 0): StoredFile =>
  file(`plans/${pad(sequence)}.${revision}.json`, atMs);
const seal = (sequence: number, atMs = 0): StoredFile => file(`seals/${pad(sequence)}.json`, atMs);
const view = {
  committedSequence: 4 + BATCHES_KEPT,
  nowMs: 1000,
  logRetentionMs: 500,
  endedBackfills: new Set([1]),
};
const namesOf = (files: readonly StoredFile[]): string[] =>
  files.map(({ path }) => path.replace(/^_sluice\/\w+\/0*/, ''));

describe('bookkeeping that may go', () => {
  it('is of batches that were committed long ago, but for the first one and those that were revised', () => {
    const files = [1, 2, 3, 4, 5].flatMap((sequence) => [plan(sequence), seal(sequence)]);
    const sorted = [...files, plan(3, 1), file('manifests/0000000002.0-1.json')].sort((a, b) =>
      a.path < b.path ? -1 : 1,
    );
    const planned = planBookkeeping(sorted, view);
    expect(namesOf(planned.seals)).toEqual(['2.0-1.json', '2.json', '4.json']);
    expect(planned.plans.map(({ plan: of, before }) => namesOf([of, file(before.slice(8))]))).toEqual([
      ['2.0.json', '1.0.json'],
      ['4.0.json', '3.1.json'],
    ]);
  });

  it('is older than the retention', () => {
    const planned = planBookkeeping([plan(1), plan(2, 0, 501), seal(2, 501), seal(3, 500)], view);
    expect(planned.plans).toEqual([]);
    expect(namesOf(planned.seals)).toEqual(['3.json']);
  });

  it('is of audits long ago, never of the newest', () => {
    const nowMs = AUDITS_KEPT_MS + 50;
    const reports = Array.from({ length: AUDITS_KEPT + 2 }, (_, index) =>
      file(`audits/${pad(index)}.json`, index * 50),
    );
    expect(namesOf(planBookkeeping(reports, { ...view, nowMs }).audits)).toEqual(['.json', '1.json']);
    const certificates = reports.slice(2).map(({ path }) => file(path.replace('_sluice/audits', 'certificates')));
    expect(planBookkeeping(certificates, { ...view, nowMs }).audits).toEqual([]);
  });

  it('is what a backfill had derived, once it has ended, never of one that may still be committed', () => {
    const filesOf = (number: number, atMs: number): StoredFile[] => [
      file(`backfills/${pad(number)}.json`),
      file(`backfills/${pad(number)}/approval.json`),
      file(`backfills/${pad(number)}/decision.json`),
      file(`backfills/${pad(number)}/merges/in-1f-0000000007.json`, atMs),
      file(`backfills/${pad(number)}/staged/000000-rows-a1-0.parquet`, atMs),
      file(`backfills/${pad(number)}/units/000000.json`, atMs),
    ];
    const namesLeft = (files: readonly StoredFile[]): string[] =>
      files.map(({ path }) => path.split('/').slice(2).join('/'));
    const old = planBookkeeping([...filesOf(1, 500), ...filesOf(2, 500)], view);
    const kinds = ['merges/in-1f-0000000007.json', 'staged/000000-rows-a1-0.parquet', 'units/000000.json'];
    expect(namesLeft(old.backfills)).toEqual(kinds.map((name) => `${pad(1)}/${name}`));
    expect(namesLeft(old.pending)).toEqual(kinds.map((name) => `${pad(2)}/${name}`));
    const young = planBookkeeping(filesOf(1, 501), view);
    expect(namesLeft(young.backfills)).toEqual([`${pad(1)}/staged/000000-rows-a1-0.parquet`]);
    expect(young.pending).toEqual([]);
  });
});
