import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../../errors/sluice-error.ts';
import {
  FIRST_PAUSE_MS,
  FIRST_THROTTLED_PAUSE_MS,
  LONGEST_PAUSE_MS,
  longestPauseMs,
  REQUEST_LIMITS,
  withRetries,
} from '../../../lake/storage/retry.ts';
import { prospectOf } from '../../../lake/storage/s3/s3-failure.ts';

function failing(
  error: unknown,
  times = Number.POSITIVE_INFINITY,
): { request: () => Promise<number>; made: () => number } {
  let made = 0;
  return {
    made: () => made,
    async request() {
      made += 1;
      if (made <= times) throw error;
      return Promise.resolve(made);
    },
  };
}

function answered(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(), { name, $metadata: { httpStatusCode } });
}

describe('withRetries', () => {
  it('tries again until it works', async () => {
    const { request } = failing(answered('InternalError', 500), 2);
    expect(await withRetries(3, prospectOf, request)).toBe(3);
  });

  it('ends after the attempts that it is given, with what the last one threw', async () => {
    const error = Object.assign(new Error(), { code: 'ECONNRESET' });
    const { request, made } = failing(error);
    await expect(withRetries(3, prospectOf, request)).rejects.toBe(error);
    expect(made()).toBe(3);
  });

  it.each([
    answered('AccessDenied', 403),
    answered('PreconditionFailed', 412),
    answered('NoSuchKey', 404),
    answered('NotImplemented', 501),
    answered('XMinioStorageFull', 507),
    Object.assign(new Error(), { name: 'CredentialsProviderError' }),
    Object.assign(new Error(), { code: 'ENOSPC' }),
    new SluiceError('LIMIT_EXCEEDED', 'too large'),
  ])('does not try again what another attempt cannot mend: %s', async (error) => {
    const { request, made } = failing(error);
    await expect(withRetries(3, prospectOf, request)).rejects.toBe(error);
    expect(made()).toBe(1);
  });

  it('pauses up to twice as long each time, longer where the storage is busy, within a bound', () => {
    expect(longestPauseMs(1, false)).toBe(FIRST_PAUSE_MS);
    expect(longestPauseMs(3, false)).toBe(4 * FIRST_PAUSE_MS);
    expect(longestPauseMs(1, true)).toBe(FIRST_THROTTLED_PAUSE_MS);
    expect(longestPauseMs(50, true)).toBe(LONGEST_PAUSE_MS);
    const pauses = Array.from({ length: REQUEST_LIMITS.maxAttempts - 1 }, (_, index) =>
      longestPauseMs(index + 1, true),
    );
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeLessThan(30_000);
  });
});
