import type { IndexedFile } from './indexed-file.ts';

export interface Sample {
  readonly files: readonly IndexedFile[];
  /** False where every file that overlaps the time was taken. */
  readonly sampled: boolean;
}

/**
 * Files that stand for a stretch of time: all of them where they are few, else in each of its steps the newest `perStep`,
 * so that no step is left without. A file that spans more than a step stands for no single moment and is always taken.
 */
export function sampleFiles(
  files: readonly IndexedFile[],
  time: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
  perStep: number,
): Sample {
  const { fromMs, toMs, stepMs } = time;
  const steps = Math.ceil((toMs - fromMs) / stepMs);
  if (files.length <= steps * perStep) return { files, sampled: false };
  const taken = new Map<number, number>();
  const sample = [...files].sort(newestFirst).filter(({ minTimeMs, maxTimeMs }) => {
    if (maxTimeMs - minTimeMs > stepMs) return true;
    const step = Math.min(steps - 1, Math.max(0, Math.floor((maxTimeMs - fromMs) / stepMs)));
    const before = taken.get(step) ?? 0;
    taken.set(step, before + 1);
    return before < perStep;
  });
  return { files: sample, sampled: sample.length < files.length };
}

function newestFirst(a: IndexedFile, b: IndexedFile): number {
  return b.maxTimeMs - a.maxTimeMs;
}
