/** One object of a storage, as a listing shows it. */
export interface StorageEntry {
  /** Path from the storage's root, with `/` between folders. */
  readonly path: string;
  readonly sizeBytes: number;
  /** By the storage's clock. */
  readonly modifiedAtMs: number;
}

export interface ListOptions {
  /** Only entries after this path, in the listing's order. */
  readonly after?: string;
  /** Also what lies in folders below. @default false */
  readonly deep?: boolean;
}

export interface ReadOptions {
  /** Whether to keep copies for the next time: only of paths that are used once, ever. @default true */
  readonly keep?: boolean;
}

/**
 * Where tables lie: a file system, an object store or HDFS, seen from its root. Paths are relative to the root, with
 * `/` between folders. Objects are only ever created whole: a reader sees all of one or nothing.
 *
 * Every method throws SluiceError LAKE_UNREACHABLE, LAKE_NOT_WRITABLE or LAKE_FULL for what the storage itself cannot do.
 * After one of them the object may be there or not: an answer can get lost where the work was done.
 */
export interface Storage {
  /** The object's full URI, as other tools name it. */
  uriOf(path: string): string;
  /** Lends a local folder to write files into that `addFiles` will then take. It is deleted when `use` has ended. */
  withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T>;
  /** The object's bytes, or undefined where there is none. */
  read(path: string): Promise<Buffer | undefined>;
  exists(path: string): Promise<boolean>;
  /** Creates the object, durably, unless one is there: true if it was this call that did. */
  createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean>;
  /** Makes local files objects, durably. Their paths must never have been used. */
  addFiles(files: readonly { readonly localPath: string; readonly path: string }[]): Promise<void>;
  /** Replaces an object that is only a hint, whose loss or age harms nothing. */
  replaceHint(path: string, bytes: Uint8Array): Promise<void>;
  /** Gives an object a second path (a link, or a copy where there are none). Doing so again changes nothing. */
  linkOrCopy(fromPath: string, toPath: string): Promise<void>;
  /**
   * Objects as local files, in the order of `paths`, for an engine that opens files. They are there until `use` has
   * ended, and must not be changed.
   * @throws SluiceError LIMIT_EXCEEDED where they do not all fit into the local cache
   */
  readLocally<T>(
    paths: readonly string[],
    use: (localPaths: readonly string[]) => Promise<T>,
    options?: ReadOptions,
  ): Promise<T>;
  /** The objects of a folder in the order of their paths' UTF-8 bytes; none where there is no such folder. */
  list(folder: string, options?: ListOptions): AsyncIterable<StorageEntry>;
  /** Deletes objects; one that is gone already is no error. */
  remove(paths: readonly string[]): Promise<void>;
}
