import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { JOINABLE_FOR_MS, JOINABLE_PREFIX } from '../../../plans/joinable-work.ts';
import { localFailure } from './local-failure.ts';

/** After this, what a process on another machine, or one that cannot be asked after, has left is deleted. */
export const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

/** A process that goes on for days looks again after so long. */
const SWEEP_EVERY_MS = 60 * 60_000;

/** `<host>-<pid>-<start>`: who is at work in a folder. */
const OWNER = /^(.+)-(\d+)-\d+$/;
/** What was not yet an object when its process died. */
const UNNAMED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SELF = `${hostname()}-${process.pid}-${Math.round(performance.timeOrigin)}`;

/** Runs what a folder is needed for, and says what its failure means. */
type Guard = <T>(what: string, path: string, work: () => Promise<T>) => Promise<T>;

/**
 * Folders for a piece of work each, gone when it ends. What a process left that was killed is deleted by the next one to
 * come, so that crashes do not fill the disk; but not what may still be written there by others, and be joined.
 */
export class ScratchFolders {
  readonly #root: string;
  readonly #guard: Guard;
  #swept: Promise<void> | undefined;
  #sweepAgainAtMs = 0;

  constructor(root: string, guard: Guard = localFailure) {
    this.#root = root;
    this.#guard = guard;
  }

  async lend<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = join(this.#root, SELF, randomUUID());
    await this.#guard('make the folder', folder, async () => {
      await this.#sweepOnceInAWhile();
      await mkdir(folder, { recursive: true });
    });
    try {
      return await use(folder);
    } finally {
      // On a disk that fails, what is left is waste, and must not hide why the work failed.
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  async #sweepOnceInAWhile(): Promise<void> {
    if (this.#swept === undefined || performance.now() > this.#sweepAgainAtMs) {
      this.#sweepAgainAtMs = performance.now() + SWEEP_EVERY_MS;
      this.#swept = this.#sweep();
    }
    await this.#swept;
  }

  /** What can't be deleted stays: another user's, such as Spark's. */
  async #sweep(): Promise<void> {
    for (const name of await namesIn(this.#root)) {
      const path = join(this.#root, name);
      if (await isAbandoned(name, path)) await rm(path, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [, host, pid] = OWNER.exec(name) ?? [];
  if (host === hostname()) return !isRunning(Number(pid)) && !(await mayBeJoined(path));
  return (pid !== undefined || UNNAMED.test(name)) && (await ageMs(path)) > ABANDONED_AFTER_MS;
}

/** Whether another system may still write to what a dead process has left. */
async function mayBeJoined(ofProcess: string): Promise<boolean> {
  for (const work of await namesIn(ofProcess)) {
    const folder = join(ofProcess, work);
    const joinable = (await namesIn(folder)).filter((name) => name.startsWith(JOINABLE_PREFIX));
    for (const name of joinable) if ((await ageMs(join(folder, name))) <= JOINABLE_FOR_MS) return true;
  }
  return false;
}

/** None of what is gone: another process may be cleaning up too. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Since its last change; 0 of what is gone. */
async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
