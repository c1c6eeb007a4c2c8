import type { ErrorCode } from '../../../errors/codes.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { Prospect } from '../retry.ts';

/** What is known of anything that a request to S3 throws. */
export interface RequestFailure {
  /** S3's error code (`NoSuchKey`), or the name of the error that the network gave. */
  readonly name: string;
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
}

/** S3's own words for "slow down" (API reference, "Error responses"), also where the status says less. */
const THROTTLED = new Set(['SlowDown', 'Throttling', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded']);
/** Client errors that another attempt can mend: a body that arrived broken, a conflict that is over, a clock that was set. */
const MENDABLE = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
  'ConditionalRequestConflict',
  'OperationAborted',
]);
const FULL = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'StorageFull']);
/** Not S3's doing: the file that is sent, or written to. */
const LOCAL = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT', 'EMFILE', 'ENFILE']);
const WITHOUT_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
/** Where the answer is: elsewhere, or no region was given. */
const WRONG_REGION = new Set(['NoRegion', 'PermanentRedirect', 'AuthorizationHeaderMalformed']);

/** Neither keys nor signatures nor bodies: S3's errors carry those, and what is kept here ends up in logs. */
export function failureOf(thrown: unknown): RequestFailure {
  const error = (typeof thrown === 'object' ? thrown : undefined) as
    | { name?: unknown; code?: unknown; message?: unknown; $metadata?: { httpStatusCode?: number; requestId?: string } }
    | undefined;
  const name = typeof error?.code === 'string' ? error.code : error?.name;
  return {
    name: error?.message === 'Region is missing' ? 'NoRegion' : typeof name === 'string' ? name : 'Error',
    status: error?.$metadata?.httpStatusCode,
    requestId: error?.$metadata?.requestId,
  };
}

/** What to expect of a second attempt. What the first one did is not known then, unless S3 said no. */
export function prospectOf(thrown: unknown): Prospect {
  const failure = failureOf(thrown);
  if (!isTransient(failure)) return 'none';
  return isThrottled(failure) ? 'throttled' : 'good';
}

function isTransient({ name, status }: RequestFailure): boolean {
  if (FULL.has(name) || LOCAL.has(name) || WITHOUT_CREDENTIALS.has(name) || WRONG_REGION.has(name)) return false;
  if (isThrottled({ name, status }) || MENDABLE.has(name)) return true;
  // No answer, or one that broke off.
  if (status === undefined || status < 300) return true;
  return status === 408 || (status >= 500 && status !== 501 && status !== 507);
}

function isThrottled({ name, status }: Pick<RequestFailure, 'name' | 'status'>): boolean {
  return THROTTLED.has(name) || status === 429 || status === 503;
}

/** For a promise's `catch`: an object that is not there is undefined, anything else stays an error. */
export function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof S3Error && error.failure.status === 404 && error.failure.name !== 'NoSuchBucket')
    return undefined;
  throw error;
}

/** For the `catch` of a PUT that is on condition that nothing is there: false where something is. */
export function falseIfTaken(error: unknown): false {
  if (error instanceof S3Error && error.failure.status === 412) return false;
  throw error;
}

/** What S3 could not do, in words for an operator. */
export class S3Error extends SluiceError {
  readonly failure: RequestFailure;

  /** @param what what could not be done to `uri` */
  constructor(failure: RequestFailure, what: string, uri: string) {
    const { name, status, requestId } = failure;
    const answer = [
      name,
      ...(status === undefined ? [] : [`HTTP ${status}`]),
      ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ].join(', ');
    const { code, remedy } = adviceOn(failure);
    super(code, `S3 could not ${what} ${uri}: ${answer}.`, { remedy, details: { uri, answer } });
    this.failure = failure;
  }
}

function adviceOn({ name, status }: RequestFailure): { readonly code: ErrorCode; readonly remedy: string } {
  if (FULL.has(name) || status === 507) {
    return { code: 'LAKE_FULL', remedy: 'Raise the quota or free space there; ingestion goes on by itself.' };
  }
  if (LOCAL.has(name)) {
    const code = name === 'ENOSPC' || name === 'EDQUOT' ? 'LAKE_FULL' : 'LAKE_UNREACHABLE';
    return { code, remedy: 'Look after this machine’s scratch folder (SLUICE_SCRATCH): its disk, room and rights.' };
  }
  if (WITHOUT_CREDENTIALS.has(name)) {
    return {
      code: 'LAKE_NOT_WRITABLE',
      remedy: 'Give the process AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role.',
    };
  }
  if (name === 'RequestTimeTooSkewed') {
    return { code: 'LAKE_NOT_WRITABLE', remedy: 'Set this machine’s clock: it is too far from that of S3.' };
  }
  if (status === 401 || status === 403) {
    return {
      code: 'LAKE_NOT_WRITABLE',
      remedy: 'Check the AWS credentials, and that they may list the bucket, and get, put and delete its objects.',
    };
  }
  if (name === 'NoSuchBucket') {
    return { code: 'LAKE_UNREACHABLE', remedy: 'Create the bucket, or correct SLUICE_LAKE.' };
  }
  if (status === 404) {
    return {
      code: 'LAKE_UNREACHABLE',
      remedy: 'It has been deleted: restore it, and find out what deletes in the lake.',
    };
  }
  if (WRONG_REGION.has(name) || status === 301) {
    return { code: 'LAKE_UNREACHABLE', remedy: 'Set AWS_REGION to the region of the bucket.' };
  }
  return {
    code: 'LAKE_UNREACHABLE',
    remedy: 'Check the network and the endpoint (AWS_ENDPOINT_URL_S3, AWS_REGION); ingestion goes on by itself.',
  };
}
