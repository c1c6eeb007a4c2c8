import type { ErrorCode } from '../errors/codes.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/** One thing that must hold before anything is started, and how it stands. */
export interface Check {
  /** What a start that fails on it reports. */
  readonly code: ErrorCode;
  readonly what: string;
  /** What was found, in words; null where there is nothing. */
  readonly found: string | null;
  readonly ok: boolean;
  /** How to put it right. */
  readonly remedy: string;
}

/**
 * @throws SluiceError that names everything that is not as it must be, under the code of the first
 */
export function requireAll(checks: readonly Check[]): void {
  const failed = checks.filter(({ ok }) => !ok);
  const [first] = failed;
  if (first === undefined) return;
  const lines = failed.map(({ what, found, remedy }) => `- ${what}: ${found ?? 'not found'}. ${remedy}`);
  throw new SluiceError(first.code, `Before Sluice can start:\n${lines.join('\n')}`, {
    remedy: '`sluice doctor` checks again.',
  });
}
