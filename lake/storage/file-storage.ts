import { constants } from 'node:fs';
import { access, link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { Storage, StorageEntry } from './storage.ts';

/** Folder at the storage's root for what is not an object yet. On the same file system, so that a link makes it one. */
const TEMPORARY = '_tmp';

/** A folder of a POSIX file system as a storage. Objects come into being by `link(2)`, which never replaces. */
export class FileStorage implements Storage {
  readonly #root: string;
  readonly #foldersMade = new Set<string>();

  /** @param rootUri a `file:` URI */
  constructor(rootUri: string) {
    this.#root = fileURLToPath(rootUri);
  }

  uriOf(path: string): string {
    return pathToFileURL(this.readPathOf(path)).href;
  }

  readPathOf(path: string): string {
    return join(this.#root, path);
  }

  async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = this.readPathOf(`${TEMPORARY}/${randomUUID()}`);
    await this.#guard('create the folder', folder, () => mkdir(folder, { recursive: true }));
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async read(path: string): Promise<Buffer | undefined> {
    const file = this.readPathOf(path);
    return this.#guard('read', file, () => readFile(file).catch(undefinedIfMissing));
  }

  async exists(path: string): Promise<boolean> {
    const file = this.readPathOf(path);
    return this.#guard('look for', file, async () => (await stat(file).catch(undefinedIfMissing)) !== undefined);
  }

  async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = this.readPathOf(path);
    return this.#guard('create', target, async () => {
      const temporary = await this.#writeTemporary(bytes);
      try {
        await this.#makeFolder(dirname(target));
        const created = await linkIfAbsent(temporary, target);
        await syncFolder(dirname(target));
        return created;
      } finally {
        await unlink(temporary);
      }
    });
  }

  async addFiles(files: readonly { readonly localPath: string; readonly path: string }[]): Promise<void> {
    const folders = new Set<string>();
    for (const { localPath, path } of files) {
      const target = this.readPathOf(path);
      await this.#guard('add', target, async () => {
        await syncFile(localPath);
        await this.#makeFolder(dirname(target));
        await link(localPath, target);
      });
      folders.add(dirname(target));
    }
    for (const folder of folders) await this.#guard('add to', folder, () => syncFolder(folder));
  }

  async replaceHint(path: string, bytes: Uint8Array): Promise<void> {
    const target = this.readPathOf(path);
    await this.#guard('replace', target, async () => {
      const temporary = await this.#writeTemporary(bytes);
      await rename(temporary, target);
    });
  }

  async linkOrCopy(fromPath: string, toPath: string): Promise<void> {
    const target = this.readPathOf(toPath);
    await this.#guard('link', target, async () => {
      await this.#makeFolder(dirname(target));
      await linkIfAbsent(this.readPathOf(fromPath), target);
    });
  }

  async list(folder: string): Promise<StorageEntry[]> {
    const absolute = this.readPathOf(folder);
    return this.#guard('list', absolute, async () => {
      const found = (await readdir(absolute, { withFileTypes: true }).catch(undefinedIfMissing)) ?? [];
      const names = found.filter((entry) => entry.isFile()).map((entry) => entry.name);
      const entries: StorageEntry[] = [];
      for (const name of names.sort()) {
        const status = await stat(join(absolute, name)).catch(undefinedIfMissing);
        if (status === undefined) continue;
        entries.push({ path: `${folder}/${name}`, sizeBytes: status.size, modifiedAtMs: status.mtimeMs });
      }
      return entries;
    });
  }

  async #writeTemporary(bytes: Uint8Array): Promise<string> {
    await this.#makeFolder(this.readPathOf(TEMPORARY));
    const temporary = this.readPathOf(`${TEMPORARY}/${randomUUID()}`);
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } catch (error) {
      await unlink(temporary);
      throw error;
    } finally {
      await handle.close();
    }
    return temporary;
  }

  /** Makes a folder once, with the entry of each new one in its parent on disk. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#foldersMade.has(folder)) {
      const there = await access(folder, constants.F_OK).then(() => true, undefinedIfMissing);
      if (there) return;
    }
    const first = await mkdir(folder, { recursive: true });
    if (first !== undefined) await syncFolder(dirname(first));
    this.#foldersMade.add(folder);
  }

  async #guard<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageError(what, path, error);
    }
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A new name is durable only once its folder is on disk (fsync(2)). */
const syncFolder = syncFile;

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function storageError(what: string, path: string, cause: unknown): unknown {
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
