import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { HdfsSettings } from '../../../settings/hdfs-settings.ts';
import type { LakeSettings } from '../../../settings/settings.ts';
import { forEachAtOnce } from '../at-once.ts';
import { FileCache } from '../local/file-cache.ts';
import { ABANDONED_AFTER_MS, ScratchFolders } from '../local/scratch-folders.ts';
import { localFailure } from '../local/local-failure.ts';
import { pathUsedBefore, pathWithin } from '../path.ts';
import type { RequestLimits } from '../retry.ts';
import type { ListOptions, ReadOptions, Storage, StorageEntry } from '../storage.ts';
import { isMissing, isTaken } from './hdfs-failure.ts';
import { type FileStatus, WebHdfs } from './web-hdfs.ts';
import type { Content } from './web-request.ts';

/** Files sent to HDFS at the same time. */
export const UPLOADS_AT_ONCE = 8;
/** Files deleted at the same time: HDFS takes one a request. */
export const REMOVALS_AT_ONCE = 8;
/** A name in a log: it begins with a version (Delta Lake's protocol, "Delta Log Entries"). */
const OF_A_LOG = /^\d{20}(\.[\w.-]*)?$/;
/** Folder at the lake's root for what is not an object yet. */
export const TEMPORARY = '_tmp';

/**
 * A folder of HDFS as a storage. An object is written whole under a temporary name, then renamed without the option to
 * overwrite, which is one transaction of the NameNode (FSDirRenameOp): where something is already, nothing changes.
 */
export class HdfsStorage implements Storage {
  readonly #root: string;
  readonly #folder: string;
  readonly #web: WebHdfs;
  readonly #scratch: ScratchFolders;
  readonly #cache: FileCache;
  #swept: Promise<void> | undefined;

  constructor(settings: LakeSettings & { readonly hdfs: HdfsSettings }, limits?: RequestLimits) {
    const [, root = '', folder = ''] = /^(hdfs:\/\/[^/]+)(.*)$/.exec(settings.lakeUri) ?? [];
    this.#root = root;
    this.#folder = folder;
    this.#web = new WebHdfs(settings.hdfs, (path) => `${root}${encodeURI(path)}`, limits);
    this.#scratch = new ScratchFolders(join(settings.scratchFolder, 'work'));
    this.#cache = new FileCache(join(settings.scratchFolder, 'lake'), settings.readCacheBytes, this.#scratch);
  }

  uriOf(path: string): string {
    return `${this.#root}${encodeURI(this.#absolute(path))}`;
  }

  async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    return this.#scratch.lend(use);
  }

  async read(path: string): Promise<Buffer | undefined> {
    return this.#web.read(this.#absolute(path));
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#web.status(this.#absolute(path)))?.type === 'FILE';
  }

  async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    return this.#create(this.#absolute(path), bytes);
  }

  async addFiles(files: readonly { readonly localPath: string; readonly path: string }[]): Promise<void> {
    const targets = files.map(({ localPath, path }) => ({ localPath, path, target: this.#absolute(path) }));
    await forEachAtOnce(targets, UPLOADS_AT_ONCE, async ({ localPath, path, target }) => {
      if (await this.#create(target, await contentOf(localPath))) return;
      throw pathUsedBefore(this.uriOf(path));
    });
  }

  async replaceHint(path: string, bytes: Uint8Array): Promise<void> {
    await this.#place(this.#absolute(path), bytes, 'OVERWRITE');
  }

  /** HDFS has neither links nor copies of its own: the bytes come here and go back. */
  async linkOrCopy(fromPath: string, toPath: string): Promise<void> {
    const [from, to] = [this.#absolute(fromPath), this.#absolute(toPath)];
    if ((await this.#web.status(to)) !== undefined) return;
    await this.#scratch.lend(async (folder) => {
      const localPath = join(folder, 'copy');
      await this.#web.download(from, localPath, () => undefined);
      await this.#create(to, await contentOf(localPath));
    });
  }

  async readLocally<T>(
    paths: readonly string[],
    use: (localPaths: readonly string[]) => Promise<T>,
    { keep = true }: ReadOptions = {},
  ): Promise<T> {
    if (paths.length === 0) return use([]);
    return this.#cache.lend(
      paths.map((path) => ({ remotePath: path, name: keep ? this.uriOf(path) : undefined })),
      (path, localPath, admit) => this.#web.download(this.#absolute(path), localPath, admit),
      use,
    );
  }

  async *list(folder: string, { after = '', deep = false }: ListOptions = {}): AsyncIterable<StorageEntry> {
    yield* this.#listAfter(pathWithin(folder), after, deep);
  }

  /**
   * HDFS gives names in an order of its own (their bytes as signed numbers, a folder's name without a slash), so a folder is
   * read whole. But a log is followed by the second, and nothing of a log has a name beyond ASCII: it is read from where it was.
   */
  async *#listAfter(folder: string, after: string, deep: boolean): AsyncIterable<StorageEntry> {
    const name = after.startsWith(`${folder}/`) ? after.slice(folder.length + 1) : '';
    const skipped = !deep && OF_A_LOG.test(name) ? name : '';
    const found: { status: FileStatus; key: Buffer }[] = [];
    for await (const status of this.#web.list(`${this.#folder}/${folder}`, skipped)) {
      found.push({ status, key: Buffer.from(status.type === 'FILE' ? status.pathSuffix : `${status.pathSuffix}/`) });
    }
    for (const { status } of found.sort((one, other) => Buffer.compare(one.key, other.key))) {
      const path = `${folder}/${status.pathSuffix}`;
      if (status.type === 'FILE' && isAfter(path, after)) {
        yield { path, sizeBytes: status.length, modifiedAtMs: status.modificationTime };
      }
      if (deep && status.type === 'DIRECTORY' && (after.startsWith(`${path}/`) || isAfter(`${path}/`, after))) {
        yield* this.#listAfter(path, after, deep);
      }
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    const targets = paths.map((path) => this.#absolute(path));
    await forEachAtOnce(targets, REMOVALS_AT_ONCE, (target) => this.#web.remove(target));
  }

  /** @throws SluiceError INTERNAL for a path that leads out of the storage */
  #absolute(path: string): string {
    return `${this.#folder}/${pathWithin(path)}`;
  }

  async #create(target: string, content: Content): Promise<boolean> {
    return this.#place(target, content, 'NONE');
  }

  /** Writes the content where nobody looks, and renames it to its place: true if it is there by this call. */
  async #place(target: string, content: Content, option: 'NONE' | 'OVERWRITE'): Promise<boolean> {
    this.#swept ??= this.#sweep();
    await this.#swept;
    const name = `${this.#folder}/${TEMPORARY}/${randomUUID()}`;
    const temporary = await this.#web.write((attempt) => `${name}-${attempt}`, content);
    const status = await this.#web.status(temporary);
    const sizeBytes = content instanceof Uint8Array ? content.byteLength : content.sizeBytes;
    if (status?.length !== sizeBytes) {
      throw new SluiceError('LAKE_UNREACHABLE', `HDFS has not got ${this.#root}${target} as it was sent.`, {
        remedy: 'Check what lies between here and HDFS: something changes what it passes on.',
      });
    }
    if (await this.#rename({ temporary, target, fileId: status.fileId }, option)) return true;
    await this.#web.remove(temporary);
    return false;
  }

  /**
   * Renames as often as it takes to know what came of it. A lost answer is settled by the file's number, which a rename keeps;
   * "not found" means that the target's folder is missing, or that an attempt whose answer was lost has done it.
   */
  async #rename(
    { temporary, target, fileId }: { temporary: string; target: string; fileId: number },
    option: 'NONE' | 'OVERWRITE',
  ): Promise<boolean> {
    let folderMade = false;
    return this.#web.retried('create', target, async () => {
      for (;;) {
        try {
          await this.#web.renameOnce(temporary, target, option);
          return true;
        } catch (thrown) {
          if (!isMissing(thrown) && !isTaken(thrown)) throw thrown;
          if ((await this.#web.status(target))?.fileId === fileId) return true;
          if (isTaken(thrown)) return false;
          if (folderMade) throw thrown;
          await this.#web.makeFolder(target.slice(0, target.lastIndexOf('/')));
          folderMade = true;
        }
      }
    });
  }

  /** Deletes what writers left that were killed. One that still lives after so long fails, and its step is tried again. */
  async #sweep(): Promise<void> {
    try {
      const abandoned: string[] = [];
      for await (const { pathSuffix, modificationTime } of this.#web.list(`${this.#folder}/${TEMPORARY}`)) {
        if (Date.now() - modificationTime > ABANDONED_AFTER_MS) abandoned.push(`${TEMPORARY}/${pathSuffix}`);
      }
      await this.remove(abandoned);
    } catch {
      // Waste that stays for now; what is wrong shows in what follows.
    }
  }
}

async function contentOf(localPath: string): Promise<Content> {
  const { size } = await localFailure('read', localPath, () => stat(localPath));
  return { localPath, sizeBytes: size };
}

function isAfter(path: string, after: string): boolean {
  return Buffer.compare(Buffer.from(path), Buffer.from(after)) > 0;
}
