/** An object as it lies in a storage. A link is the same object under a second path. */
export interface StoredObject {
  readonly bytes: Buffer;
  readonly modifiedAtMs: number;
  /** The call that created it. */
  readonly writer: string | undefined;
}

/** What hears of every change. */
export interface StoreObserver {
  created(path: string, object: StoredObject): void;
  /** An object that was there has been replaced. */
  replaced(path: string): void;
  removed(path: string, atMs: number): void;
}

/** All objects of the simulated lake, and whoever watches over them. */
export class ObjectStore {
  readonly #folders = new Map<string, Map<string, StoredObject>>();
  readonly #observers: StoreObserver[] = [];
  readonly nowMs: () => number;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  observe(observer: StoreObserver): void {
    this.#observers.push(observer);
  }

  get(path: string): StoredObject | undefined {
    const { folder, name } = split(path);
    return this.#folders.get(folder)?.get(name);
  }

  /** @returns false where there is one already */
  create(path: string, bytes: Buffer, writer?: string): boolean {
    if (this.get(path) !== undefined) return false;
    this.#put(path, { bytes, modifiedAtMs: this.nowMs(), writer });
    return true;
  }

  /** A second path for an object. @returns false where there is something already */
  link(object: StoredObject, path: string): boolean {
    if (this.get(path) !== undefined) return false;
    this.#put(path, object);
    return true;
  }

  replace(path: string, bytes: Buffer): void {
    const there = this.get(path) !== undefined;
    const { folder, name } = split(path);
    if (!there) this.create(path, bytes);
    else this.#folders.get(folder)?.set(name, { bytes, modifiedAtMs: this.nowMs(), writer: undefined });
    if (there) for (const observer of this.#observers) observer.replaced(path);
  }

  remove(path: string): boolean {
    const { folder, name } = split(path);
    if (this.#folders.get(folder)?.delete(name) !== true) return false;
    for (const observer of this.#observers) observer.removed(path, this.nowMs());
    return true;
  }

  /** The objects directly in a folder, and below where `deep`, in the order of their paths. */
  list(
    folder: string,
    {
      after = '',
      deep = false,
      maxEntries = Number.POSITIVE_INFINITY,
    }: {
      readonly after?: string;
      readonly deep?: boolean;
      readonly maxEntries?: number;
    } = {},
  ): [path: string, object: StoredObject][] {
    const folders = deep ? [...this.#folders.keys()].filter((path) => `${path}/`.startsWith(`${folder}/`)) : [folder];
    return folders
      .flatMap((path) =>
        [...(this.#folders.get(path) ?? [])].map(([name, object]) => [`${path}/${name}`, object] as const),
      )
      .filter(([path]) => path > after)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, maxEntries)
      .map(([path, object]) => [path, object]);
  }

  #put(path: string, object: StoredObject): void {
    const { folder, name } = split(path);
    const objects = this.#folders.get(folder) ?? new Map<string, StoredObject>();
    this.#folders.set(folder, objects);
    objects.set(name, object);
    for (const observer of this.#observers) observer.created(path, object);
  }
}

function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}
