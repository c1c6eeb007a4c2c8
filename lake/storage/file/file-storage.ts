import { constants, type Dirent } from 'node:fs';
import { access, link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { pathWithin } from '../path.ts';
import { ScratchFolders } from '../local/scratch-folders.ts';
import type { ListOptions, Storage, StorageEntry } from '../storage.ts';
import { codeOf, storageError, undefinedIfMissing } from './file-failure.ts';

/** Folder at the storage's root for what is not an object yet. On the same file system, so that a link makes it one. */
const TEMPORARY = '_tmp';

/** A folder of a POSIX file system as a storage. Objects come into being by `link(2)`, which never replaces. */
export class FileStorage implements Storage {
  readonly #root: string;
  readonly #scratch: ScratchFolders;
  readonly #foldersMade = new Set<string>();

  /** @param rootUri a `file:` URI */
  constructor(rootUri: string) {
    this.#root = fileURLToPath(rootUri);
    this.#scratch = new ScratchFolders(this.#absolute(TEMPORARY), (what, path, work) => this.#guard(what, path, work));
  }

  uriOf(path: string): string {
    return pathToFileURL(this.#absolute(path)).href;
  }

  async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    return this.#scratch.lend(use);
  }

  async read(path: string): Promise<Buffer | undefined> {
    const file = this.#absolute(path);
    return this.#guard('read', file, () => readFile(file).catch(undefinedIfMissing));
  }

  async exists(path: string): Promise<boolean> {
    const file = this.#absolute(path);
    return this.#guard('look for', file, async () => (await stat(file).catch(undefinedIfMissing)) !== undefined);
  }

  async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = this.#absolute(path);
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
      const target = this.#absolute(path);
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
    const target = this.#absolute(path);
    await this.#guard('replace', target, async () => {
      const temporary = await this.#writeTemporary(bytes);
      await this.#makeFolder(dirname(target));
      await rename(temporary, target);
    });
  }

  async linkOrCopy(fromPath: string, toPath: string): Promise<void> {
    const [source, target] = [this.#absolute(fromPath), this.#absolute(toPath)];
    await this.#guard('link', target, async () => {
      await this.#makeFolder(dirname(target));
      await linkIfAbsent(source, target);
    });
  }

  async readLocally<T>(paths: readonly string[], use: (localPaths: readonly string[]) => Promise<T>): Promise<T> {
    return use(paths.map((path) => this.#absolute(path)));
  }

  async *list(folder: string, { after = '', deep = false }: ListOptions = {}): AsyncIterable<StorageEntry> {
    yield* this.#listAfter(pathWithin(folder), after, deep);
  }

  /** Whatever is found is told of, also under a name that none of ours can have. */
  async *#listAfter(folder: string, after: string, deep: boolean): AsyncIterable<StorageEntry> {
    const absolute = join(this.#root, folder);
    const found = await this.#guard('list', absolute, () =>
      readdir(absolute, { withFileTypes: true }).catch(undefinedIfMissing),
    );
    for (const entry of (found ?? []).sort(byPath)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isFile() && isAfter(path, after)) {
        const file = join(absolute, entry.name);
        const status = await this.#guard('look at', file, () => stat(file).catch(undefinedIfMissing));
        if (status !== undefined) yield { path, sizeBytes: status.size, modifiedAtMs: status.mtimeMs };
      }
      if (deep && entry.isDirectory() && (after.startsWith(`${path}/`) || isAfter(`${path}/`, after))) {
        yield* this.#listAfter(path, after, deep);
      }
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const file of paths.map((path) => this.#absolute(path))) {
      await this.#guard('delete', file, () => unlink(file).catch(undefinedIfMissing));
    }
  }

  /** @throws SluiceError INTERNAL for a path that leads out of the storage */
  #absolute(path: string): string {
    return join(this.#root, pathWithin(path));
  }

  async #writeTemporary(bytes: Uint8Array): Promise<string> {
    await this.#makeFolder(this.#absolute(TEMPORARY));
    const temporary = this.#absolute(`${TEMPORARY}/${randomUUID()}`);
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

/** The order of object stores: a folder stands where the paths of its objects do. */
function byPath(one: Dirent, other: Dirent): number {
  const keyOf = (entry: Dirent): Buffer => Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name);
  return Buffer.compare(keyOf(one), keyOf(other));
}

function isAfter(path: string, after: string): boolean {
  return Buffer.compare(Buffer.from(path), Buffer.from(after)) > 0;
}
