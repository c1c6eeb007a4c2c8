import { type ServiceError, status } from '@grpc/grpc-js';
import { SluiceError } from '../../errors/sluice-error.ts';

/** The session or the operation is not there, or not any more: the server was restarted, or somebody has closed it. */
export class HandleLost extends Error {
  /** Whether it had ended before it was asked for: then nothing was lost by it now. */
  readonly endedBefore: boolean;

  constructor(message: string, { cause, endedBefore = false }: { cause?: unknown; endedBefore?: boolean } = {}) {
    super(message, { cause });
    this.endedBefore = endedBefore;
  }
}

/** Spark itself reports that the operation has failed. */
export class OperationFailed extends Error {
  /** Whether another attempt had begun it. */
  readonly joined: boolean;

  constructor(message: string, joined: boolean, cause: unknown) {
    super(message, { cause });
    this.joined = joined;
  }
}

/** What became of a call. */
export type CallFailure = 'unreachable' | 'there-already' | 'ended' | 'lost' | 'failed';

/** What the server remembers to have ended: closed by an attempt, or abandoned by all of them. */
const ENDED = /\[INVALID_HANDLE\.(SESSION_CLOSED|OPERATION_ABANDONED)\]/;

/** Spark names the kinds of its errors in brackets at the beginning of the message. */
export function kindOf({ code, details }: Pick<ServiceError, 'code' | 'details'>): CallFailure {
  if (details.includes('[INVALID_HANDLE.OPERATION_ALREADY_EXISTS]')) return 'there-already';
  if (ENDED.test(details)) return 'ended';
  if (details.includes('[INVALID_HANDLE.')) return 'lost';
  if (details.includes('[INVALID_CURSOR.DISCONNECTED]')) return 'unreachable';
  if (details.includes('[INVALID_CURSOR.')) return 'lost';
  if (code === status.UNAVAILABLE) return 'unreachable';
  // What the HTTP/2 connection itself says when the process at its other end has gone.
  return (code === status.INTERNAL || code === status.UNKNOWN) && /RST_STREAM|Connection dropped/.test(details)
    ? 'unreachable'
    : 'failed';
}

export function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && 'details' in thrown && typeof thrown.details === 'string';
}

export function unreachable(address: string, cause: unknown): SluiceError {
  const why = isServiceError(cause) ? cause.details : String(cause);
  return new SluiceError('SPARK_UNREACHABLE', `Spark Connect at ${address} does not answer: ${why}`, {
    remedy: 'Ingestion goes on by itself once it answers; SPARK_REMOTE names another one.',
    cause,
  });
}
