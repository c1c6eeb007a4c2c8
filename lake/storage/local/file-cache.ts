import { createHash } from 'node:crypto';
import { link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SluiceError } from '../../../errors/sluice-error.ts';
import { forEachAtOnce } from '../at-once.ts';
import { localFailure } from './local-failure.ts';
import type { ScratchFolders } from './scratch-folders.ts';

/** Files fetched at the same time. */
export const FETCHES_AT_ONCE = 16;
/** Added to a cache, part of its limit, before its size is looked at again. */
const CHECK_AFTER = 1 / 8;

/** Writes a remote file to a local one; `admit` is told its size first, at each attempt, and may throw. */
export type Fetch = (remotePath: string, localPath: string, admit: (sizeBytes: number) => void) => Promise<void>;

/**
 * Copies of remote files that never change, kept up to a limit, the least recently used deleted first; shared by the
 * processes of a machine. A file that is lent has a name of its own (a hard link), so that no other can delete it.
 */
export class FileCache {
  readonly #folder: string;
  readonly #limitBytes: number;
  readonly #scratch: ScratchFolders;
  #uncheckedBytes = Number.POSITIVE_INFINITY;

  constructor(folder: string, limitBytes: number, scratch: ScratchFolders) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
    this.#scratch = scratch;
  }

  /**
   * Lends local files of these contents, in this order, until `use` has ended.
   * @param names what each is kept under; undefined for one that is not to be kept
   * @throws SluiceError LIMIT_EXCEEDED where together they are larger than the cache
   */
  async lend<T>(
    files: readonly { readonly remotePath: string; readonly name: string | undefined }[],
    fetch: Fetch,
    use: (localPaths: readonly string[]) => Promise<T>,
  ): Promise<T> {
    return this.#scratch.lend(async (folder) => {
      const localPaths = files.map(({ remotePath }, index) => join(folder, `${index}-${basename(remotePath)}`));
      const sizesBytes = files.map(() => 0);
      let totalBytes = 0;
      await forEachAtOnce(files, FETCHES_AT_ONCE, async ({ remotePath, name }, index) => {
        const admit = (sizeBytes: number): void => {
          totalBytes += sizeBytes - (sizesBytes[index] ?? 0);
          sizesBytes[index] = sizeBytes;
          if (totalBytes > this.#limitBytes) throw this.#tooLarge(files.length);
        };
        const localPath = localPaths[index] ?? '';
        const kept = name === undefined ? undefined : join(this.#folder, digest(name));
        if (kept !== undefined && (await this.#take(kept, localPath, admit))) return;
        await fetch(remotePath, localPath, admit);
        if (kept !== undefined) await this.#keep(localPath, kept);
      });
      return use(localPaths);
    });
  }

  async #take(kept: string, localPath: string, admit: (sizeBytes: number) => void): Promise<boolean> {
    return localFailure('read', kept, async () => {
      try {
        await link(kept, localPath);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
      admit((await stat(localPath)).size);
      const now = new Date();
      await utimes(localPath, now, now);
      return true;
    });
  }

  async #keep(localPath: string, kept: string): Promise<void> {
    await localFailure('keep', kept, async () => {
      await mkdir(this.#folder, { recursive: true });
      // A link that takes the place of what another process kept meanwhile: the same content.
      await link(localPath, `${localPath}.kept`);
      await rename(`${localPath}.kept`, kept);
      this.#uncheckedBytes += (await stat(localPath)).size;
      if (this.#uncheckedBytes < this.#limitBytes * CHECK_AFTER) return;
      this.#uncheckedBytes = 0;
      await this.#shrink();
    });
  }

  async #shrink(): Promise<void> {
    const files: { path: string; sizeBytes: number; usedAtMs: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const status = await stat(path).catch(() => undefined);
      if (status !== undefined) files.push({ path, sizeBytes: status.size, usedAtMs: status.mtimeMs });
    }
    let totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { path, sizeBytes } of files.sort((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (totalBytes <= this.#limitBytes) return;
      await rm(path, { force: true });
      totalBytes -= sizeBytes;
    }
  }

  #tooLarge(files: number): SluiceError {
    return new SluiceError(
      'LIMIT_EXCEEDED',
      `The ${files} files that this needs are larger than the ${this.#limitBytes} bytes that may be fetched.`,
      { remedy: 'Ask for less, or raise SLUICE_READ_CACHE_GIB.' },
    );
  }
}

function digest(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
