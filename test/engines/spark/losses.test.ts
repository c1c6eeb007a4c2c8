import { describe, expect, it } from 'vitest';
import {
  FIRST_PAUSE_MS,
  Losses,
  LONGEST_PAUSE_MS,
  MAX_LOSSES,
  noIdLeft,
  pauseAfterLossMs,
} from '../../../engines/spark/losses.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { BatchPlan } from '../../../plans/batch.ts';

const PLAN: BatchPlan = {
  ...{ format: 1, sequence: 7, revision: 0, plannedAtMs: 0, topic: 't', topicId: 'i', ranges: [] },
  ...{ nextOffsets: {}, engine: 'spark', definitionHash: '' },
};
const LOST = new Error('[INVALID_HANDLE.SESSION_CHANGED] gone\nand a stack trace');

describe('operations that an attempt loses', () => {
  it('are followed by pauses that grow up to a limit, and end', () => {
    const pauses = Array.from({ length: MAX_LOSSES - 1 }, (_, index) => pauseAfterLossMs(index + 1) ?? 0);
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 10_000]);
    expect([pauses[0], pauses.at(-1)]).toEqual([FIRST_PAUSE_MS, LONGEST_PAUSE_MS]);
    expect(pauseAfterLossMs(MAX_LOSSES)).toBeUndefined();
  });

  it('let the batch be begun anew soon after the first', async () => {
    const losses = new Losses(PLAN, new AbortController().signal);
    const startedMs = performance.now();
    await losses.bear(LOST);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(FIRST_PAUSE_MS - 1);
  });

  it('are waited after no longer than the attempt may go on, and given up at last with what to do', async () => {
    const ending = new AbortController();
    const losses = new Losses(PLAN, ending.signal);
    const waiting = expect(losses.bear(LOST)).rejects.toThrow('told to');
    ending.abort(new Error('told to'));
    await waiting;
    // Every pause ends at once, and the last loss is told of for what it is.
    for (let count = 2; count < MAX_LOSSES; count += 1) await expect(losses.bear(LOST)).rejects.toThrow('told to');
    const failure: unknown = await losses.bear(LOST).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SluiceError);
    expect(failure).toMatchObject({ code: 'ENGINE_FAILED', cause: LOST });
    expect((failure as SluiceError).message).toBe(
      'Spark has lost batch 7 6 times in a row, the last: [INVALID_HANDLE.SESSION_CHANGED] gone',
    );
    expect((failure as SluiceError).remedy).toMatch(/log of Spark’s server.*limits\.max_rows.*SPARK_REMOTE/s);
  });

  it('name what an operator can do where all ids have been used', () => {
    const { code, message, remedy } = noIdLeft(PLAN, 'health', 2_000);
    expect([code, message]).toEqual(['ENGINE_FAILED', 'Spark’s server remembers 2000 ended tries at batch 7.']);
    expect(remedy).toContain('sluice plan abandon health');
  });
});
