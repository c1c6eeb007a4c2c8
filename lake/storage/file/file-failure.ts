import { SluiceError } from '../../../errors/sluice-error.ts';

/** For a promise's `catch`: what is not there is undefined, anything else stays an error. */
export function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** What a file system said, as an error of the lake; anything else as it is. */
export function storageError(what: string, path: string, cause: unknown): unknown {
  const details = { path };
  switch (codeOf(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SluiceError('LAKE_FULL', `The lake's disk is full: could not ${what} ${path}.`, {
        remedy: 'Free or add space there; ingestion goes on by itself.',
        details,
        cause,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new SluiceError('LAKE_NOT_WRITABLE', `The lake refuses access: could not ${what} ${path}.`, {
        remedy: 'Give the worker’s user read and write access to the lake; ingestion goes on by itself.',
        details,
        cause,
      });
    case undefined:
      return cause;
    default:
      return new SluiceError('LAKE_UNREACHABLE', `The lake failed: could not ${what} ${path} (${String(cause)}).`, {
        remedy: 'Check that the lake’s file system is mounted and healthy; ingestion goes on by itself.',
        details,
        cause,
      });
  }
}
