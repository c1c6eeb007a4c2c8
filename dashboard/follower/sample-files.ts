import type { IndexedFile } from './file-index.ts';

export interface Sample {
  readonly files: readonly IndexedFile[];
  /** False where every file that overlaps the time was taken. */
  readonly sampled: boolean;
}

/**
 * At most `maxFiles` files that stand for a stretch of time: all of them where they are few, else those that are spread
 * most evenly. A file that spans more than a step stands for no single moment and is always taken, within the limit.
 */
export function sampleFiles(files: readonly IndexedFile[], fromMs: number, toMs: number, maxFiles: number): Sample {
  if (files.length <= maxFiles) return { files, sampled: false };
  const stepMs = (toMs - fromMs) / maxFiles;
  const wide = files.filter((file) => file.maxTimeMs - file.minTimeMs > stepMs).slice(0, maxFiles);
  const bySteps = new Map<number, IndexedFile>();
  const taken = new Set(wide);
  const steps = maxFiles - wide.length;
  if (steps > 0) {
    for (const file of files) {
      if (taken.has(file)) continue;
      const step = Math.floor(((file.maxTimeMs - fromMs) / (toMs - fromMs)) * steps);
      const slot = Math.min(steps - 1, Math.max(0, step));
      if (!bySteps.has(slot)) bySteps.set(slot, file);
    }
  }
  return { files: [...wide, ...bySteps.values()], sampled: true };
}
