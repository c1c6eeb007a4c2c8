import { describe, expect, it } from 'vitest';
import { type EngineProgress, progressInWords } from '../../engines/engine-progress.ts';

const PROGRESS: EngineProgress = {
  engine: 'spark',
  ...{ stages: 2, stagesDone: 1, tasks: 12, tasksDone: 5, tasksRunning: 2, readBytes: 0 },
};

describe('how far an engine is, in words', () => {
  it('names stages and tasks, and bytes only where they are counted', () => {
    expect(progressInWords(PROGRESS)).toBe('Spark: 1 of 2 stages and 5 of 12 tasks done, 2 running');
    expect(progressInWords({ ...PROGRESS, readBytes: 3.5 * 1024 ** 2 })).toBe(
      'Spark: 1 of 2 stages and 5 of 12 tasks done, 2 running, 3.5 MiB read',
    );
  });
});
