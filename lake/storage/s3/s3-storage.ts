import { join } from 'node:path';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { LakeSettings } from '../../../settings/settings.ts';
import { forEachAtOnce } from '../at-once.ts';
import { FileCache } from '../local/file-cache.ts';
import { ScratchFolders } from '../local/scratch-folders.ts';
import { pathUsedBefore, pathWithin } from '../path.ts';
import type { ListOptions, ReadOptions, Storage, StorageEntry } from '../storage.ts';
import type { S3Bucket } from './s3-bucket.ts';
import type { RequestLimits } from '../retry.ts';

/** Files sent to S3 at the same time. */
export const UPLOADS_AT_ONCE = 8;
/** An object that is there once somebody has seen that this S3 keeps its word; see `#requireConditionalWrites`. */
export const CONDITIONAL_WRITES_PATH = '_sluice/conditional-writes';

/** A bucket of S3, or a prefix in one, as a storage. Objects come into being by PUT with `If-None-Match: *`, which never replaces. */
export class S3Storage implements Storage {
  readonly #settings: LakeSettings;
  readonly #bucketName: string;
  /** Ends with `/` unless it is empty. */
  readonly #prefix: string;
  readonly #limits: RequestLimits | undefined;
  readonly #scratch: ScratchFolders;
  readonly #cache: FileCache;
  #bucket: Promise<S3Bucket> | undefined;
  #conditionalWrites: Promise<void> | undefined;

  constructor(settings: LakeSettings, limits?: RequestLimits) {
    const [bucket = '', ...folders] = settings.lakeUri.slice('s3://'.length).split('/');
    this.#settings = settings;
    this.#bucketName = bucket;
    this.#prefix = folders.map((folder) => `${folder}/`).join('');
    this.#limits = limits;
    this.#scratch = new ScratchFolders(join(settings.scratchFolder, 'work'));
    this.#cache = new FileCache(join(settings.scratchFolder, 'lake'), settings.readCacheBytes, this.#scratch);
  }

  uriOf(path: string): string {
    return `s3://${this.#bucketName}/${encodeURI(this.#key(path))}`;
  }

  async withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    return this.#scratch.lend(use);
  }

  async read(path: string): Promise<Buffer | undefined> {
    return (await this.#open()).get(this.#key(path));
  }

  async exists(path: string): Promise<boolean> {
    return (await (await this.#open()).head(this.#key(path))) !== undefined;
  }

  async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    return (await this.#openToCreate()).create(this.#key(path), bytes);
  }

  async addFiles(files: readonly { readonly localPath: string; readonly path: string }[]): Promise<void> {
    const bucket = await this.#openToCreate();
    await forEachAtOnce(files, UPLOADS_AT_ONCE, async ({ localPath, path }) => {
      if (await bucket.create(this.#key(path), { localPath })) return;
      throw pathUsedBefore(this.uriOf(path));
    });
  }

  async replaceHint(path: string, bytes: Uint8Array): Promise<void> {
    await (await this.#open()).replace(this.#key(path), bytes);
  }

  async linkOrCopy(fromPath: string, toPath: string): Promise<void> {
    const bucket = await this.#open();
    // To look costs a tenth of a copy, and one who is reading the object is not disturbed.
    if ((await bucket.head(this.#key(toPath))) !== undefined) return;
    await bucket.copy(this.#key(fromPath), this.#key(toPath));
  }

  async readLocally<T>(
    paths: readonly string[],
    use: (localPaths: readonly string[]) => Promise<T>,
    { keep = true }: ReadOptions = {},
  ): Promise<T> {
    if (paths.length === 0) return use([]);
    const bucket = await this.#open();
    return this.#cache.lend(
      paths.map((path) => ({ remotePath: path, name: keep ? this.uriOf(path) : undefined })),
      (path, localPath, admit) => bucket.download(this.#key(path), localPath, admit),
      use,
    );
  }

  async *list(folder: string, { after, deep = false }: ListOptions = {}): AsyncIterable<StorageEntry> {
    const bucket = await this.#open();
    let continuation: string | undefined;
    do {
      const page = await bucket.list({
        Prefix: `${this.#key(folder)}/`,
        ...(deep ? {} : { Delimiter: '/' }),
        ...(continuation === undefined
          ? { StartAfter: after === undefined ? undefined : `${this.#prefix}${after}` }
          : { ContinuationToken: continuation }),
      });
      for (const { Key = '', Size = 0, LastModified } of page.Contents ?? []) {
        // Other tools make empty objects that stand for folders.
        if (Key.endsWith('/')) continue;
        yield { path: Key.slice(this.#prefix.length), sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 };
      }
      continuation = page.NextContinuationToken;
    } while (continuation !== undefined);
  }

  async remove(paths: readonly string[]): Promise<void> {
    await (await this.#open()).remove(paths.map((path) => this.#key(path)));
  }

  /** @throws SluiceError INTERNAL for a path that leads out of the storage: `a/../b` is a key of its own, and other tools read it as `b` */
  #key(path: string): string {
    return `${this.#prefix}${pathWithin(path)}`;
  }

  /** The client takes a third of a second to load, which who keeps the lake in files does not pay. */
  async #open(): Promise<S3Bucket> {
    this.#bucket ??= import('./s3-bucket.ts').then(
      ({ S3Bucket }) => new S3Bucket(this.#bucketName, this.#settings.s3PathStyle, this.#limits),
    );
    return this.#bucket;
  }

  async #openToCreate(): Promise<S3Bucket> {
    const bucket = await this.#open();
    this.#conditionalWrites ??= this.#requireConditionalWrites(bucket).catch((error: unknown) => {
      this.#conditionalWrites = undefined;
      throw error;
    });
    await this.#conditionalWrites;
    return bucket;
  }

  /**
   * Everything here rests on `If-None-Match`, and a server that does not know the header overwrites without a word. So each
   * process sees one refusal before its first write.
   */
  async #requireConditionalWrites(bucket: S3Bucket): Promise<void> {
    const key = this.#key(CONDITIONAL_WRITES_PATH);
    const content = Buffer.from('Here to be refused: see that If-None-Match is kept to.\n');
    if (!(await bucket.create(key, content)) || !(await bucket.create(key, content))) return;
    throw new SluiceError(
      'SETTINGS_INVALID',
      `The S3 of ${this.#settings.lakeUri} overwrites objects that are there.`,
      {
        remedy:
          'Use an S3 that keeps to If-None-Match in PUT (Amazon S3, MinIO, Ceph and others do), or a newer version.',
      },
    );
  }
}
