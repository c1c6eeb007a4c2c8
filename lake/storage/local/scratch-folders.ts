import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { localFailure } from './local-failure.ts';

/** After this, what a process on another machine, or one that cannot be asked after, has left is deleted. */
export const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

/** `<host>-<pid>-<start>`: who is at work in a folder. */
const OWNER = /^(.+)-(\d+)-\d+$/;
const SELF = `${hostname()}-${process.pid}-${Math.round(performance.timeOrigin)}`;

/**
 * Folders for a piece of work each, gone when it ends. What a process left that was killed is deleted by the next one to
 * come, so that crashes do not fill the disk.
 */
export class ScratchFolders {
  readonly #root: string;
  #swept: Promise<void> | undefined;

  constructor(root: string) {
    this.#root = root;
  }

  async lend<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.#root, SELF, randomUUID());
    await localFailure('make the folder', folder, async () => {
      this.#swept ??= this.#sweep();
      await this.#swept;
      await mkdir(folder, { recursive: true });
    });
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #sweep(): Promise<void> {
    await mkdir(this.#root, { recursive: true });
    for (const name of await readdir(this.#root)) {
      const path = join(this.#root, name);
      if (await isAbandoned(name, path)) await rm(path, { recursive: true, force: true });
    }
  }
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [, host, pid] = OWNER.exec(name) ?? [];
  if (pid === undefined) return false;
  if (host === hostname()) return !isRunning(Number(pid));
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  return Date.now() - mtimeMs > ABANDONED_AFTER_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
