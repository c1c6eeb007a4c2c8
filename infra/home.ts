import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../errors/sluice-error.ts';

/** Marks a folder as a home of Sluice's, so that nothing else is ever purged. */
export const HOME_MARKER = 'sluice-home';

/** State that the stack keeps in its home, a folder each; all that a purge deletes. */
const STATE_FOLDERS = [
  'flume',
  'hdfs',
  'kafka',
  'lake',
  'logs',
  'metastore',
  'run',
  'scratch',
  'secrets',
  'spark',
  'spool',
  'temporal',
];
/** What may lie there besides: downloads and builds, which are no state, and an operator's definitions. */
const KEPT_FOLDERS = ['cache', 'tables'];

/**
 * Makes the folder a home, where it is new, empty or one already.
 * @throws SluiceError SETTINGS_INVALID where it holds something else
 */
export function openHome(home: string): void {
  mkdirSync(home, { recursive: true });
  const marker = join(home, HOME_MARKER);
  if (existsSync(marker)) return;
  const foreign = readdirSync(home).filter((name) => !STATE_FOLDERS.includes(name) && !KEPT_FOLDERS.includes(name));
  if (foreign.length > 0) {
    throw new SluiceError(
      'SETTINGS_INVALID',
      `${home} is no home of Sluice's: it holds ${foreign.slice(0, 3).join(', ')}.`,
      {
        remedy: 'Set SLUICE_HOME to a folder that is empty or does not exist yet.',
      },
    );
  }
  writeFileSync(marker, 'State of a local Sluice stack; `sluice down --purge` deletes it.\n');
}

/**
 * Deletes the state in a home, and nothing else that lies there.
 * @returns what is left, by name; the folder itself is gone where nothing is
 * @throws SluiceError USAGE where the folder is no home
 */
export function purgeHome(home: string): readonly string[] {
  if (!existsSync(home)) return [];
  const marker = join(home, HOME_MARKER);
  if (!existsSync(marker)) {
    throw new SluiceError('USAGE', `${home} is no home of Sluice's: nothing was deleted.`, {
      remedy: 'Check SLUICE_HOME.',
    });
  }
  for (const folder of STATE_FOLDERS) rmSync(join(home, folder), { recursive: true, force: true });
  rmSync(marker);
  const left = readdirSync(home);
  if (left.length === 0) rmdirSync(home);
  return left;
}
