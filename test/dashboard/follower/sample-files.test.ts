import { describe, expect, it } from 'vitest';
import type { IndexedFile } from '../../../dashboard/follower/indexed-file.ts';
import { sampleFiles } from '../../../dashboard/follower/sample-files.ts';

const file = (fromMs: number, toMs = fromMs): IndexedFile => ({
  path: `${fromMs}-${toMs}`,
  minTimeMs: fromMs,
  maxTimeMs: toMs,
  rows: 1,
  sizeBytes: 1,
  partitionValues: {},
  addedAtMs: toMs,
  fromBatch: true,
  form: undefined,
});

const TIME = { fromMs: 0, toMs: 1000, stepMs: 100 };

describe('sampleFiles', () => {
  it('takes all where they are few', () => {
    const files = Array.from({ length: 20 }, (_, index) => file(index));
    expect(sampleFiles(files, TIME, 2)).toEqual({ files, sampled: false });
  });

  it('leaves no step without files that has some', () => {
    const files = Array.from({ length: 1000 }, (_, index) => file(index));
    const { files: sample, sampled } = sampleFiles(files, TIME, 2);
    expect(sampled).toBe(true);
    expect(sample).toHaveLength(20);
    for (let step = 0; step < 10; step += 1) {
      const its = sample.filter(({ maxTimeMs }) => Math.floor(maxTimeMs / 100) === step);
      expect(its.map(({ maxTimeMs }) => maxTimeMs)).toEqual([step * 100 + 99, step * 100 + 98]);
    }
  });

  it('always takes a file that stands for more than a step', () => {
    const files = [...Array.from({ length: 1000 }, (_, index) => file(index)), file(100, 900)];
    expect(sampleFiles(files, TIME, 1).files).toContainEqual(file(100, 900));
  });

  it('counts what reaches beyond the time with its first and last step', () => {
    const files = [...Array.from({ length: 15 }, () => file(-50)), file(1500), file(550)];
    expect(sampleFiles(files, TIME, 1).files).toHaveLength(3);
  });
});
