import { describe, expect, it } from 'vitest';
import { failureOf, S3Error } from '../../../../lake/storage/s3/s3-failure.ts';

describe('S3Error', () => {
  it.each([
    ['NoSuchBucket', 404, 'LAKE_UNREACHABLE', 'Create the bucket'],
    ['NoSuchKey', 404, 'LAKE_UNREACHABLE', 'deleted'],
    ['AccessDenied', 403, 'LAKE_NOT_WRITABLE', 'credentials'],
    ['ExpiredToken', 401, 'LAKE_NOT_WRITABLE', 'credentials'],
    ['RequestTimeTooSkewed', 403, 'LAKE_NOT_WRITABLE', 'clock'],
    ['CredentialsProviderError', undefined, 'LAKE_NOT_WRITABLE', 'AWS_ACCESS_KEY_ID'],
    ['PermanentRedirect', 301, 'LAKE_UNREACHABLE', 'AWS_REGION'],
    ['QuotaExceeded', 403, 'LAKE_FULL', 'quota'],
    ['ENOSPC', undefined, 'LAKE_FULL', 'SLUICE_SCRATCH'],
    ['EACCES', undefined, 'LAKE_UNREACHABLE', 'SLUICE_SCRATCH'],
    ['ECONNREFUSED', undefined, 'LAKE_UNREACHABLE', 'AWS_ENDPOINT_URL_S3'],
    ['SlowDown', 503, 'LAKE_UNREACHABLE', 'AWS_ENDPOINT_URL_S3'],
  ])('says of %s (HTTP %s) that it is %s, and what to do', (name, status, code, remedy) => {
    const error = new S3Error({ name, status, requestId: 'R1' }, 'read', 's3://bucket/key');
    expect(error).toMatchObject({ code, remedy: expect.stringContaining(remedy) as string });
    expect(error.message).toContain(`could not read s3://bucket/key: ${name}`);
    expect(error.message).toContain('request R1');
  });

  it('takes from what S3 answers nothing but code, status and request', () => {
    const answer = Object.assign(new Error('The key AKIAPLANTED is unknown'), {
      name: 'InvalidAccessKeyId',
      AWSAccessKeyId: 'AKIAPLANTED',
      StringToSign: 'planted',
      $metadata: { httpStatusCode: 403, requestId: 'R1' },
    });
    const failure = failureOf(answer);
    expect(failure).toEqual({ name: 'InvalidAccessKeyId', status: 403, requestId: 'R1' });
    const error = new S3Error(failure, 'read', 's3://bucket/key');
    expect([error.message, error.cause, JSON.stringify(error)].join()).not.toMatch(/planted/i);
  });
});
