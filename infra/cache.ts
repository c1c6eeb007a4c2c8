import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PathLock } from './path-lock.ts';

/** What a crash left half made is deleted when it is older than any fetch or build takes. */
export const ABANDONED_AFTER_MS = 6 * 60 * 60_000;

/** How long a process waits for another one that makes the same; then it does so itself. */
export const OTHER_MAKES_LIMIT_MS = 15 * 60_000;

const underWay = new Map<string, Promise<void>>();

/**
 * Makes `target` in the cache, whole or not at all: `make` works in a temporary folder beside it, and what it returns is
 * renamed to `target`. Where another process is at it, that one's is waited for.
 */
export function inCache(
  target: string,
  make: (temporary: string) => Promise<string>,
  signal?: AbortSignal,
): Promise<void> {
  const sameOne = underWay.get(target);
  if (sameOne !== undefined) return sameOne;
  const making = makeWhole(target, make, signal).finally(() => underWay.delete(target));
  underWay.set(target, making);
  return making;
}

async function makeWhole(
  target: string,
  make: (temporary: string) => Promise<string>,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const lock = await PathLock.take(target, OTHER_MAKES_LIMIT_MS, signal);
  try {
    if (!existsSync(target)) await makeAlone(target, make);
  } finally {
    await lock?.release();
  }
}

/** Where the lock was not to be had, two may be at it after all: the first one's is kept. */
async function makeAlone(target: string, make: (temporary: string) => Promise<string>): Promise<void> {
  await removeAbandoned(target);
  const temporary = await mkdtemp(`${target}.new-`);
  try {
    const made = await make(temporary);
    await rename(made, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(target)}.new-`)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
