import { describe, expect, it } from 'vitest';
import { revisionAfter } from '../../activities/batch-revision.ts';
import { BatchTooLarge } from '../../engines/engine.ts';
import type { ErrorCode } from '../../errors/codes.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { BatchMaking, BatchPlan } from '../../plans/batch.ts';

const made: BatchMaking = { definitionHash: 'old', engine: 'spark' };
const plan: BatchPlan = {
  format: 1,
  sequence: 7,
  revision: 1,
  plannedAtMs: 1,
  topic: 't',
  topicId: 'id',
  ranges: [{ partition: 0, startOffset: '10', endOffset: '20' }],
  nextOffsets: { 0: '20' },
  ...made,
};
const notAborted = new AbortController().signal;

function after(code: ErrorCode, making: BatchMaking, signal: AbortSignal = notAborted): BatchPlan | undefined {
  return revisionAfter(plan, { thrown: new SluiceError(code, 'It failed.'), signal, making, nowMs: 2 });
}

describe('a batch that fails by itself', () => {
  it.each(['ENGINE_FAILED', 'SPARK_UNREACHABLE', 'COUNT_MISMATCH', 'INTERNAL'] as const)(
    'of %s is tried again as it is, until its definition or its engine is another one',
    (code) => {
      expect(after(code, made)).toBeUndefined();
      for (const making of [
        { ...made, definitionHash: 'new' },
        { ...made, engine: 'duckdb' as const },
      ]) {
        const change = { reason: 'redefined', detail: expect.stringContaining('It failed.') as string, by: 'sluice' };
        expect(after(code, making)).toEqual({ ...plan, ...making, revision: 2, plannedAtMs: 2, change });
      }
    },
  );

  it('is not made anew for what lies around it, however it is defined', () => {
    for (const code of ['LAKE_UNREACHABLE', 'KAFKA_UNREACHABLE', 'OFFSET_EXPIRED'] as const) {
      expect(after(code, { ...made, definitionHash: 'new' })).toBeUndefined();
    }
  });
});

describe('a step that is ended', () => {
  it('by its time-out is halved; for any other reason it leaves the plan as it is', () => {
    const late = after('ENGINE_FAILED', made, AbortSignal.abort(new DOMException('too late', 'TimeoutError')));
    expect(late).toMatchObject({ revision: 2, ranges: [{ endOffset: '15' }], change: { reason: 'too_slow' } });
    expect(after('ENGINE_FAILED', { ...made, definitionHash: 'new' }, AbortSignal.abort())).toBeUndefined();
  });
});

describe('a batch in parts', () => {
  it('is halved where one of them is too large, since that says nothing of the others', () => {
    const parted = { ...plan, shards: 2 };
    const thrown = new BatchTooLarge(parted, 100, new Map([[0, 12n]]));
    expect(revisionAfter(parted, { thrown, signal: notAborted, making: made, nowMs: 2 })).toMatchObject({
      revision: 2,
      shards: 2,
      ranges: [{ partition: 0, startOffset: '10', endOffset: '15' }],
      change: { reason: 'too_large' },
    });
  });
});
