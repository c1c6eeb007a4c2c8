import type { ApiError } from './wire.ts';

/** What is wrong with a request, and what to ask for instead. */
export function usage(message: string, remedy: string): ApiError {
  return { error: { code: 'USAGE', message, remedy } };
}
