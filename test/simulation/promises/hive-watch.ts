import type { MemoryMetastore } from '../services/memory-metastore.ts';
import type { ObjectStore, StoredObject, StoreObserver } from '../services/object-store.ts';
import { GRACE_MS } from '../tables.ts';
import type { LogWatch } from './log-watch.ts';

const LAKE = 'file:/lake/';
const PUBLISHED_VERSION = 'sluice.published_version';

/** Watches over what Hive shows of one log: never more than has been committed, and in the end exactly what is live. */
export class HiveWatch implements StoreObserver {
  readonly #log: LogWatch;
  readonly #store: ObjectStore;
  readonly #metastore: MemoryMetastore;
  readonly #violate: (what: string) => void;
  /** What the metastore said when it was last looked at. */
  #seen: ReadonlyMap<string, string> = new Map();
  /** When a directory that Hive has shown was first not shown any more. */
  readonly #leftAtMs = new Map<string, number>();
  #version = -1;
  #everRestored = false;

  constructor(options: {
    readonly log: LogWatch;
    readonly store: ObjectStore;
    readonly metastore: MemoryMetastore;
    readonly violate: (what: string) => void;
  }) {
    this.#log = options.log;
    this.#store = options.store;
    this.#metastore = options.metastore;
    this.#violate = (what) => options.violate(`${options.log.tablePath}, Hive: ${what}`);
    options.store.observe(this);
  }

  /** The metastore has been altered, or an older state of it restored. */
  altered(restored: boolean): void {
    const before = this.#seen;
    this.#seen = this.#directories();
    for (const [partition, directory] of before) {
      if (this.#seen.get(partition) === directory || this.#leftAtMs.has(directory)) continue;
      this.#leftAtMs.set(directory, this.#store.nowMs());
    }
    for (const [partition, directory] of this.#seen) {
      if (before.get(partition) === directory) continue;
      if (!restored) this.#checkMove(partition, directory);
      this.#noteLate(directory);
    }
    const version = this.#publishedVersion() ?? -1;
    if (version > this.#log.tip) this.#violate(`version ${version} is published, and the log ends at ${this.#log.tip}`);
    // After a restore a late alteration may find the count of alterations that it expects, though of other ones.
    this.#everRestored ||= restored;
    if (!this.#everRestored && version < this.#version) {
      this.#violate(`the published version falls from ${this.#version} to ${version}`);
    }
    this.#version = version;
  }

  created(path: string, object: StoredObject): void {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const name = nameOf(path);
    for (const [partition, directory] of this.#seen) {
      if (directory === folder) this.#checkFile(partition, name, object);
    }
    this.#checkStale(folder, name);
  }

  replaced(): void {
    // The table's watch says what may be replaced.
  }

  /** The table's watch says what may be removed; Hive's readers have their own grace. */
  removed(path: string, atMs: number): void {
    const leftAtMs = this.#leftAtMs.get(path.slice(0, path.lastIndexOf('/')));
    if (leftAtMs === undefined || this.#everRestored || atMs - leftAtMs >= GRACE_MS) return;
    this.#violate(`${path} has been removed, where it has just been shown`);
  }

  /**
   * A publisher that slept shows what Hive is said to have left: nobody can know of that, and a query that begins on it has no
   * grace (docs/maintenance.md). The next comparison withdraws it.
   */
  #noteLate(directory: string): void {
    const left = this.#log.directoryLeft.get(directory.slice(this.#log.tablePath.length + 1));
    if (left === undefined || (this.#publishedVersion() ?? -1) < left.version) return;
    if (!this.#leftAtMs.has(directory)) this.#leftAtMs.set(directory, left.atMs);
  }

  /** How Hive differs from the log once all is quiet; undefined where it does not. */
  difference(): string | undefined {
    const shown = [...this.#directories()].flatMap(([partition, directory]) =>
      this.#shownIn(directory).map(([name]) => `${partition}/${name}`),
    );
    const live = [...this.#log.files.values()].map(({ partition, path }) => `${partition}/${nameOf(path)}`);
    const missing = live.filter((file) => !shown.includes(file));
    const further = shown.filter((file) => !live.includes(file));
    if (missing.length > 0) return `Hive lacks ${missing.join(', ')} of ${this.#log.tablePath}`;
    if (further.length > 0) return `Hive shows ${further.join(', ')}, which ${this.#log.tablePath} does not hold`;
    const partitions = new Set([...this.#log.files.values()].map(({ partition }) => partition));
    const empty = [...this.#directories().keys()].find((name) => !partitions.has(name));
    if (empty !== undefined) return `Hive has the partition ${empty} of ${this.#log.tablePath}, which holds nothing`;
    const version = this.#publishedVersion();
    if ((version ?? -1) < this.#log.filesTip) {
      return `Hive says version ${version ?? 'none'}, and files came or went at ${this.#log.filesTip}`;
    }
    return undefined;
  }

  /** Before a directory is shown it must hold what was live when it became the partition's, and nothing else. */
  #checkMove(partition: string, directory: string): void {
    const shown = this.#shownIn(directory);
    for (const [name, object] of shown) this.#checkFile(partition, name, object);
    const first = this.#log.firstFilesOf(directory.slice(this.#log.tablePath.length + 1));
    const names = new Set(shown.map(([name]) => name));
    const missing = first?.find((name) => !names.has(name));
    if (first === undefined) this.#violate(`${partition} is shown at ${directory}, which was never its directory`);
    else if (missing !== undefined) this.#violate(`${partition} is shown at ${directory} before ${missing} is there`);
  }

  /** The directory that the log gives a partition holds no file that has left the table. */
  #checkStale(folder: string, name: string): void {
    const file = this.#log.everByName.get(name);
    if (file === undefined || /^[_.]/.test(name)) return;
    const current = this.#log.directoryOf(file.partition);
    if (current === undefined || folder !== `${this.#log.tablePath}/${current}` || this.#log.files.has(file.path))
      return;
    this.#violate(`${folder} gets ${name}, which is not in the table any more`);
  }

  #checkFile(partition: string, name: string, object: StoredObject): void {
    const committed = this.#log.everByName.get(name);
    if (committed === undefined) this.#violate(`${partition} shows ${name}, which has never been committed`);
    else if (committed.partition !== partition) this.#violate(`${partition} shows ${name} of ${committed.partition}`);
    else if (object.bytes.toString() !== JSON.stringify(committed.rows)) this.#violate(`${name} has other rows`);
  }

  #shownIn(directory: string): [name: string, object: StoredObject][] {
    const objects = this.#store.list(directory).map(([path, object]) => [nameOf(path), object] as const);
    return objects.filter(([name]) => !/^[_.]/.test(name)).map(([name, object]) => [name, object]);
  }

  /** Path of each partition's directory in the lake. */
  #directories(): Map<string, string> {
    const { partitions } = this.#table() ?? {};
    const directories = new Map<string, string>();
    for (const [name, { sd }] of partitions ?? []) {
      const location = sd?.location ?? '';
      if (!location.startsWith(`${LAKE}${this.#log.tablePath}/${name}/`)) this.#violate(`${name} lies at ${location}`);
      directories.set(name, location.slice(LAKE.length));
    }
    return directories;
  }

  #publishedVersion(): number | undefined {
    const text = this.#table()?.table.parameters?.[PUBLISHED_VERSION];
    return text === undefined ? undefined : Number(text);
  }

  #table() {
    return this.#metastore.state.tables.get(this.#log.tablePath.replace('/', '.'));
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
