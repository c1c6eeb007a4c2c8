import type { MemoryMetastore } from '../services/memory-metastore.ts';
import type { ObjectStore, StoredObject, StoreObserver } from '../services/object-store.ts';
import type { LogWatch } from './log-watch.ts';

const LAKE = 'file:/lake/';
const PUBLISHED_VERSION = 'sluice.published_version';

/** Watches over what Hive shows of one log: never more than has been committed, and in the end exactly what is live. */
export class HiveWatch implements StoreObserver {
  readonly #log: LogWatch;
  readonly #store: ObjectStore;
  readonly #metastore: MemoryMetastore;
  readonly #violate: (what: string) => void;

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

  /** The metastore has changed. */
  altered(): void {
    for (const [partition, directory] of this.#directories()) this.#checkDirectory(partition, directory);
    const version = this.#publishedVersion();
    if (version !== undefined && version > this.#log.tip) {
      this.#violate(`version ${version} is published, and the log ends at ${this.#log.tip}`);
    }
  }

  created(path: string): void {
    const folder = path.slice(0, path.lastIndexOf('/'));
    for (const [partition, directory] of this.#directories()) {
      if (directory === folder) this.#checkDirectory(partition, directory);
    }
  }

  replaced(): void {
    // The table's watch says what may be replaced.
  }

  removed(): void {
    // The table's watch says what may be removed.
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
    const names = [...this.#directories().keys()];
    const partitions = new Set([...this.#log.files.values()].map(({ partition }) => partition));
    const empty = names.find((name) => !partitions.has(name));
    if (empty !== undefined) return `Hive has the partition ${empty} of ${this.#log.tablePath}, which holds nothing`;
    const version = this.#publishedVersion();
    if (version !== this.#log.tip)
      return `Hive says version ${version ?? 'none'}, and the log ends at ${this.#log.tip}`;
    return undefined;
  }

  #checkDirectory(partition: string, directory: string): void {
    for (const [name, object] of this.#shownIn(directory)) this.#checkFile(partition, name, object);
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
