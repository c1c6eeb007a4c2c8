import { realpath, readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SluiceError } from '../../errors/sluice-error.ts';

/** Bytes of files that the dashboard reads for one backfill: its answers take 20 s at most. */
export const MAX_BROUGHT_BYTES = 64 * 1024 * 1024;

/**
 * Where a path of the API leads: it names a file or a folder in the one folder that the operator offers, and nothing else
 * of this machine.
 * @throws SluiceError USAGE, LIMIT_EXCEEDED
 */
export async function broughtPath(folder: string | undefined, path: string): Promise<string> {
  if (folder === undefined) {
    throw new SluiceError('USAGE', 'This dashboard reads no files: it has no folder of files.', {
      remedy: 'Set SLUICE_DASHBOARD_FILES_FOLDER, or use the command line: sluice backfill TABLE --source files:PATH.',
    });
  }
  const root = await realpath(folder).catch(() => undefined);
  const real = root && (await realpath(join(root, path)).catch(() => undefined));
  if (root === undefined || real === undefined || !real.startsWith(root + sep)) {
    throw new SluiceError('USAGE', `There is no "${path.slice(0, 200)}" in the folder of files.`, {
      remedy: 'Name a file or a folder below SLUICE_DASHBOARD_FILES_FOLDER, relative to it.',
    });
  }
  const sizeBytes = await sizeOf(real);
  if (sizeBytes <= MAX_BROUGHT_BYTES) return real;
  throw new SluiceError('LIMIT_EXCEEDED', `${path} holds ${sizeBytes} bytes; here it may be ${MAX_BROUGHT_BYTES}.`, {
    remedy: 'Use the command line: sluice backfill TABLE --source files:PATH.',
  });
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  if (!found.isDirectory()) return found.size;
  let sizeBytes = 0;
  for (const name of await readdir(path)) sizeBytes += (await stat(join(path, name))).size;
  return sizeBytes;
}
