import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { BatchFailure } from '../../workflows/ingest-protocol.ts';
import { batchFailure, failureOf, howStuck, isStuck } from '../../workflows/window-failure.ts';

function failed(code: string, details?: Readonly<Record<string, unknown>>): ReturnType<typeof failureOf> {
  return failureOf(ApplicationFailure.create({ type: code, message: 'why', details: [details] }));
}

/** What is known after these failures, one after the other. */
function after(...failures: readonly ReturnType<typeof failureOf>[]): BatchFailure | null {
  return failures.reduce<BatchFailure | null>((known, failure) => batchFailure(known, failure), null);
}

describe('a batch that fails', () => {
  const poisoned = failed('ENGINE_FAILED', { sequence: 7, revision: 1 });

  it('is counted as long as it is the same one that fails by itself', () => {
    expect(after(poisoned, poisoned, poisoned)).toMatchObject({ sequence: 7, revision: 1, attempts: 3 });
    expect(after(poisoned, poisoned, failed('ENGINE_FAILED', { sequence: 7, revision: 2 }))).toMatchObject({
      revision: 2,
      attempts: 1,
    });
  });

  it('is not blamed for what lies around it, and not forgotten over that', () => {
    expect(after(failed('LAKE_UNREACHABLE', { sequence: 7, revision: 1 }))).toBeNull();
    expect(after(failed('ENGINE_FAILED'))).toBeNull();
    expect(after(poisoned, failed('KAFKA_UNREACHABLE'), poisoned)).toMatchObject({ attempts: 2 });
  });

  it('is stuck after five attempts, and then told with what to do', () => {
    const four = after(poisoned, poisoned, poisoned, poisoned);
    const failure = batchFailure(four, poisoned);
    expect([isStuck(four), isStuck(failure)]).toEqual([false, true]);
    const status = { table: 't', state: 'Degraded', sinceMs: 1, reason: '', lastWindow: null, windows: 1 } as const;
    const words = howStuck({ ...status, failure });
    expect(words).toContain('Batch 7 (revision 1) has failed 5 times');
    expect(words).toContain('sluice plan abandon t');
  });
});
