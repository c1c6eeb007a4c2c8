import { describe, expect, it } from 'vitest';
import { NARROW_TABLE } from '../../../bench/data/bench-tables.ts';
import { parseDefinition } from '../../../definition/parse.ts';
import { BatchTooLarge } from '../../../engines/engine.ts';
import { DuckDbThread } from '../../../engines/duckdb/duckdb-thread.ts';
import { errorOf, failureOf } from '../../../engines/duckdb/thread-messages.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { BatchPlan } from '../../../plans/batch.ts';
import type { KafkaSettings } from '../../../settings/settings.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const NOWHERE: KafkaSettings = {
  brokers: ['127.0.0.1:1'],
  given: true,
  sasl: undefined,
  tls: undefined,
};
const PLAN = { sequence: 7, revision: 2 } as unknown as BatchPlan;

function crossed(thrown: unknown): SluiceError {
  return errorOf(structuredClone(failureOf(thrown)), PLAN);
}

describe('an error of the thread', () => {
  it('keeps its code, its words and its details', () => {
    const thrown = new SluiceError('OFFSET_EXPIRED', 'Gone.', { remedy: 'Decide.', details: { partition: 1 } });
    const { code, message, remedy, details } = crossed(thrown);
    expect({ code, message, remedy, details }).toEqual({
      code: 'OFFSET_EXPIRED',
      message: 'Gone.',
      remedy: 'Decide.',
      details: { partition: 1 },
    });
  });

  it('says how far a batch that is too large was read', () => {
    const error = crossed(new BatchTooLarge(PLAN, 100, new Map([[1, 2n ** 60n]])));
    expect(error).toBeInstanceOf(BatchTooLarge);
    expect(error).toMatchObject({ code: 'BATCH_TOO_LARGE', readTo: new Map([[1, 2n ** 60n]]) });
  });

  it('has a code where it had none', () => {
    expect(crossed(new TypeError('x is not a function'))).toMatchObject({
      code: 'INTERNAL',
      message: 'x is not a function',
    });
  });
});

describe('a thread', () => {
  it('says why it could not be started', async () => {
    const opening = DuckDbThread.open(undefined as unknown as KafkaSettings, { clientId: 'test' });
    await expect(opening).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/lost: (?!it ended)/) as string,
    });
  });

  it('takes a request of a caller who wants to hear of progress', async () => {
    const engine = await DuckDbThread.open(NOWHERE, { clientId: 'test' });
    const plan = { ...PLAN, topic: 't', ranges: [] };
    const definition = parseDefinition(NARROW_TABLE, 'bench_narrow.yaml');
    const { signal } = new AbortController();
    const request = {
      plan,
      definition,
      attempt: 'a',
      scratchFolder: temporaryFolder(),
      signal,
      report: () => undefined,
    };
    expect(await engine.write(request)).toMatchObject({ rows: 0, files: [] });
    await engine.close();
  });

  it('opens, and closes', async () => {
    const engine = await DuckDbThread.open(NOWHERE, { clientId: 'test' });
    await engine.close();
  });
});
