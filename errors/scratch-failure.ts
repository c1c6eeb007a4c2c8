import { SluiceError } from './sluice-error.ts';

const REASONS: readonly { readonly reason: string; readonly codes: readonly string[]; readonly words: RegExp }[] = [
  { reason: 'its disk is full', codes: ['ENOSPC', 'EDQUOT'], words: /No space left on device|Disk quota exceeded/i },
  {
    reason: 'it cannot be written',
    codes: ['EROFS', 'EACCES', 'EPERM'],
    words: /Read-only file system|Permission denied/i,
  },
];

/**
 * What it means that work in a local folder failed, where its disk is the reason; undefined where it is not. Node says so
 * by a code, DuckDB by the system's words.
 */
export function scratchFailure(folder: string, thrown: unknown): SluiceError | undefined {
  if (!(thrown instanceof Error) || thrown instanceof SluiceError) return undefined;
  const code = 'code' in thrown ? String(thrown.code) : '';
  const found = REASONS.find(({ codes, words }) => codes.includes(code) || words.test(thrown.message));
  if (found === undefined) return undefined;
  return new SluiceError('SCRATCH_UNUSABLE', `Work in the folder ${folder} failed: ${found.reason}.`, {
    remedy:
      'Free or add space there and let the worker’s user write to it; what was under way is done again by itself.',
    details: { folder },
    cause: thrown,
  });
}
