import type { ErrorCode } from '../../../errors/codes.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { Prospect } from '../retry.ts';

/** What was asked: a NameNode about names, or a DataNode for bytes. */
export type Asked = 'NameNode' | 'DataNode';

/** What is known of a request to WebHDFS that was not done. */
export interface RequestFailure {
  /** Name of Hadoop's exception (`AccessControlException`), or the code of the error that the network gave. */
  readonly name: string;
  readonly text: string;
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  readonly asked: Asked;
}

/** Longest part of Hadoop's own message that is repeated. */
const MAX_TEXT = 300;

/** A request that failed, before it is known whether it is tried again. */
export class RequestError extends Error {
  readonly failure: RequestFailure;

  constructor(failure: RequestFailure, cause?: unknown) {
    super(`${failure.name}: ${failure.text}`, { cause });
    this.failure = failure;
  }
}

/** What came back instead of what was asked for: a RemoteException in JSON (WebHDFS, "Error Responses"), or anything. */
export function refusal(asked: Asked, status: number, body: string): RequestFailure {
  try {
    const { exception, message } = (JSON.parse(body) as { RemoteException: Record<string, unknown> }).RemoteException;
    if (typeof exception === 'string') return { asked, status, name: exception, text: firstLine(message) };
  } catch {
    // Not from WebHDFS; what a proxy or another server says is not repeated.
  }
  return { asked, status, name: `HTTP ${status}`, text: 'not an answer of WebHDFS' };
}

/** No answer, or one that broke off. */
export function brokenOff(asked: Asked, thrown: unknown): RequestFailure {
  const { code, name, message } = thrown as NodeJS.ErrnoException;
  return { asked, status: undefined, name: code ?? name, text: firstLine(message) };
}

function firstLine(message: unknown): string {
  const text = typeof message === 'string' ? message : '';
  return (text.split('\n')[0] ?? '').slice(0, MAX_TEXT);
}

/** Not HDFS's doing: the file that is sent, or written to. */
const LOCAL = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'ENOENT', 'EMFILE', 'ENFILE']);
/** Another NameNode has the say, or this one is not ready to. */
const NOT_NOW = new Set([
  'StandbyException',
  'RetriableException',
  'SafeModeException',
  'ObserverRetryOnActiveException',
]);
const DENIED = new Set(['AccessControlException', 'AuthorizationException', 'SecurityException', 'InvalidToken']);
const FULL = new Set([
  'DSQuotaExceededException',
  'NSQuotaExceededException',
  'QuotaByStorageTypeExceededException',
  'QuotaExceededException',
  'MaxDirectoryItemsExceededException',
]);
/** What a NameNode says where no DataNode takes a block, and how many there are (BlockManager.chooseTarget4NewBlock). */
const NO_PLACE = /could only be (?:written|replicated) to \d+ of the .*There are (\d+) datanode/;
/** The same before the first byte (NamenodeWebHdfsMethods.chooseDatanode). */
const NO_DATANODE = /Failed to find datanode/;

/** What to expect of a second attempt. What the first one did is not known then, unless HDFS said no. */
export function prospectOf(thrown: unknown): Prospect {
  if (!(thrown instanceof RequestError)) return 'none';
  const { name, text, status, asked } = thrown.failure;
  if (NOT_NOW.has(name)) return 'throttled';
  if (status === undefined) return LOCAL.has(name) || isOfCertificate(name) ? 'none' : 'good';
  if (status === 408 || status === 429 || (status >= 500 && status !== 501)) return 'throttled';
  // A DataNode lost its connection to the NameNode or to another one of its kind; files are written under names of their own.
  if (name === 'IOException' && (asked === 'DataNode' || NO_DATANODE.test(text))) return 'throttled';
  return 'none';
}

/** Whether another NameNode may do what this one did not. */
export function isOfNameNode({ asked, status, name }: RequestFailure): boolean {
  return asked === 'NameNode' && (status === undefined || status >= 500 || NOT_NOW.has(name));
}

export function isMissing(thrown: unknown): boolean {
  return failureIn(thrown)?.name === 'FileNotFoundException';
}

/** Whether something is there already, of whatever kind. */
export function isTaken(thrown: unknown): boolean {
  return failureIn(thrown)?.name === 'FileAlreadyExistsException';
}

function failureIn(thrown: unknown): RequestFailure | undefined {
  return thrown instanceof RequestError || thrown instanceof HdfsError ? thrown.failure : undefined;
}

/** For a promise's `catch`: what is not there is undefined, anything else stays an error. */
export function undefinedIfMissing(thrown: unknown): undefined {
  if (isMissing(thrown)) return undefined;
  throw thrown;
}

/** What HDFS could not do, in words for an operator. */
export class HdfsError extends SluiceError {
  readonly failure: RequestFailure;

  /** @param what what could not be done to `uri` */
  constructor(failure: RequestFailure, what: string, uri: string) {
    const { name, status, text, asked } = failure;
    const http = status === undefined || name === `HTTP ${status}` ? '' : `, HTTP ${status}`;
    const answer = `${asked}: ${name}${http}${text === '' ? '' : `, ${text}`}`;
    const { code, remedy } = adviceOn(failure);
    super(code, `HDFS could not ${what} ${uri} (${answer}).`, { remedy, details: { uri, answer } });
    this.failure = failure;
  }
}

function adviceOn({ name, text, status, asked }: RequestFailure): {
  readonly code: ErrorCode;
  readonly remedy: string;
} {
  const dataNodes = NO_PLACE.exec(text)?.[1];
  if (FULL.has(name) || (dataNodes !== undefined && dataNodes !== '0')) {
    return { code: 'LAKE_FULL', remedy: 'Raise the quota or free space there; ingestion goes on by itself.' };
  }
  if (dataNodes === '0' || NO_DATANODE.test(text)) {
    return { code: 'LAKE_UNREACHABLE', remedy: 'Start a DataNode; ingestion goes on by itself.' };
  }
  if (status === undefined && LOCAL.has(name)) {
    const code = name === 'ENOSPC' || name === 'EDQUOT' ? 'LAKE_FULL' : 'LAKE_UNREACHABLE';
    return { code, remedy: 'Look after this machine’s scratch folder (SLUICE_SCRATCH): its disk, room and rights.' };
  }
  if (isOfCertificate(name)) {
    return { code: 'LAKE_UNREACHABLE', remedy: 'Name the certificate’s authority in NODE_EXTRA_CA_CERTS.' };
  }
  if (name === 'SafeModeException') {
    return { code: 'LAKE_NOT_WRITABLE', remedy: 'Have the NameNode leave safe mode; ingestion goes on by itself.' };
  }
  if (DENIED.has(name) || status === 401) {
    return {
      code: 'LAKE_NOT_WRITABLE',
      remedy:
        'Give the user (HADOOP_USER_NAME) the lake’s folder in HDFS; a cluster that wants Kerberos is not supported.',
    };
  }
  if (name === 'FileNotFoundException') {
    return {
      code: 'LAKE_UNREACHABLE',
      remedy: 'It has been deleted: restore it, and find out what deletes in the lake.',
    };
  }
  if (name === 'StandbyException') {
    return { code: 'LAKE_UNREACHABLE', remedy: 'Name all NameNodes in HDFS_WEBHDFS_URL, with commas between.' };
  }
  return {
    code: 'LAKE_UNREACHABLE',
    remedy:
      asked === 'NameNode'
        ? 'Check that HDFS_WEBHDFS_URL is where the NameNode serves WebHDFS; ingestion goes on by itself.'
        : 'Check that this machine reaches the DataNodes by the names that the NameNode gives; ingestion goes on by itself.',
  };
}

function isOfCertificate(name: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(name);
}
