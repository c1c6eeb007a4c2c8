import type { Action } from '../../../lake/log/actions.ts';
import type { StoredObject } from '../services/object-store.ts';
import type { Row } from '../services/row-engine.ts';

/** A file that is in a table, as the log and the file itself say. */
export interface WatchedFile {
  /** Relative to the table's folder. */
  readonly path: string;
  readonly name: string;
  readonly partition: string;
  readonly rows: readonly Row[];
}

/** What one entry did. */
export interface EntryChange {
  readonly added: readonly WatchedFile[];
  readonly removed: readonly WatchedFile[];
  /** Transactions that it holds, by appId. */
  readonly transactions: ReadonlyMap<string, number>;
  readonly operation: Readonly<Record<string, string>>;
}

const NOTHING: EntryChange = { added: [], removed: [], transactions: new Map(), operation: {} };

/** What one log says, by a reading of its own: not by the code that is watched. */
export class LogWatch {
  readonly tablePath: string;
  readonly files = new Map<string, WatchedFile>();
  /** Every file that has ever been in the table, by its name. */
  readonly everByName = new Map<string, WatchedFile>();
  readonly transactions = new Map<string, number>();
  /** appIds of all transactions that there have ever been. */
  readonly everMoved = new Set<string>();
  /** When each file that has left the table did so, by its path. */
  readonly removedAtMs = new Map<string, number>();
  /** When, and with which entry, each directory that is not its partition's any more ceased to be. */
  readonly directoryLeft = new Map<string, { readonly atMs: number; readonly version: number }>();
  /** When each entry was created. */
  readonly createdAtMs: number[] = [];
  /** Versions whose entries a vacuum has deleted. */
  readonly cleaned = new Set<number>();
  tip = -1;
  /** The last version that added files or removed some; what follows, such as a fence, nobody needs to see in Hive. */
  filesTip = -1;
  readonly #digests: string[] = [];
  /** Each partition's directory by the log: `dt=…/hour=5/g0-h1`. */
  readonly #directories = new Map<string, string>();
  /** What a directory had to hold when it became its partition's. */
  readonly #firstFiles = new Map<string, readonly string[]>();
  readonly #objectAt: (path: string) => StoredObject | undefined;
  readonly #violate: (what: string) => void;

  constructor(
    tablePath: string,
    objectAt: (path: string) => StoredObject | undefined,
    violate: (what: string) => void,
  ) {
    this.tablePath = tablePath;
    this.#objectAt = objectAt;
    this.#violate = (what) => violate(`${tablePath}, log: ${what}`);
  }

  /** Takes in an entry that has just been created. */
  read(version: number, { bytes, modifiedAtMs }: Pick<StoredObject, 'bytes' | 'modifiedAtMs'>): EntryChange {
    // Who slept for so long that the log went on without it may write into the hole: nobody reads that any more.
    if (this.cleaned.has(version)) return NOTHING;
    if (version !== this.tip + 1) {
      this.#violate(`entry ${version} follows entry ${this.tip}`);
      return NOTHING;
    }
    this.tip = version;
    this.createdAtMs[version] = modifiedAtMs;
    const actions = this.#parse(version, bytes);
    const removed = actions.flatMap(({ remove }) => (remove ? this.#remove(version, remove.path) : []));
    const added = actions.flatMap(({ add }) => (add ? [this.#add(version, add)] : []));
    for (const { path } of removed) this.removedAtMs.set(path, modifiedAtMs);
    if (added.length + removed.length > 0 || version === 0) this.filesTip = version;
    const transactions = new Map(actions.flatMap(({ txn }) => (txn ? [[txn.appId, txn.version] as const] : [])));
    for (const [appId, to] of transactions) this.#move(version, appId, to);
    for (const partition of new Set([...added, ...removed].map((file) => file.partition))) {
      const loses = removed.some((file) => file.partition === partition);
      this.#moveDirectory(version, partition, loses, modifiedAtMs);
    }
    this.#digests[version] = digestOf(this.files.keys(), this.transactions);
    const operation = actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.operationParameters ?? {};
    return { added, removed, transactions, operation };
  }

  /** What a reader must see at a version, to be compared with `digestOf`. */
  digestAt(version: number): string | undefined {
    return this.#digests[version];
  }

  /** The directory that a partition has by the log: `dt=…/hour=5/g0-h1`. */
  directoryOf(partition: string): string | undefined {
    return this.#directories.get(partition);
  }

  /** The names of the files that were live when this directory became its partition's; undefined if it never did. */
  firstFilesOf(directory: string): readonly string[] | undefined {
    return this.#firstFiles.get(directory);
  }

  #parse(version: number, bytes: Buffer): Action[] {
    try {
      const lines = bytes.toString().split('\n').slice(0, -1);
      if (lines.length === 0) throw new Error('it is empty');
      return lines.map((line) => JSON.parse(line) as Action);
    } catch (error) {
      this.#violate(`entry ${version} can't be read: ${String(error)}`);
      return [];
    }
  }

  #add(version: number, add: NonNullable<Action['add']>): WatchedFile {
    const path = decodeURI(add.path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const object = this.#objectAt(`${this.tablePath}/${path}`);
    const rows = object === undefined ? [] : (JSON.parse(object.bytes.toString()) as Row[]);
    const counted = (JSON.parse(add.stats ?? '{}') as { numRecords?: number }).numRecords;
    if (object === undefined) this.#violate(`entry ${version} adds ${path}, which is not there`);
    else if (add.size !== object.bytes.length) this.#violate(`entry ${version} gives ${path} another size`);
    else if (counted !== rows.length) this.#violate(`entry ${version} counts other rows in ${path}`);
    if (this.everByName.has(name)) this.#violate(`the file name ${name} is used twice`);
    const partition = Object.entries(add.partitionValues)
      .map(([key, value]) => `${key}=${value}`)
      .join('/');
    const file = { path, name, partition, rows };
    this.everByName.set(name, file);
    this.files.set(path, file);
    return file;
  }

  #remove(version: number, encoded: string): WatchedFile[] {
    const path = decodeURI(encoded);
    const file = this.files.get(path);
    this.files.delete(path);
    if (file !== undefined) return [file];
    this.#violate(`entry ${version} removes ${path}, which is not in the table`);
    return [];
  }

  #move(version: number, appId: string, to: number): void {
    const from = this.transactions.get(appId);
    if (from !== undefined && to < from) this.#violate(`entry ${version} moves ${appId} back from ${from} to ${to}`);
    this.transactions.set(appId, to);
    this.everMoved.add(appId);
    if (appId !== 'sluice/fence') return;
    for (const [known, base] of this.transactions) {
      if (known.startsWith('sluice/rewrite/c') && base < to) this.transactions.delete(known);
    }
  }

  /** A directory is its partition's once, for a while in which it only gains files. */
  #moveDirectory(version: number, partition: string, loses: boolean, atMs: number): void {
    const before = this.#directories.get(partition);
    const live = [...this.files.values()].filter((file) => file.partition === partition);
    const now = directoryOf(partition, live);
    if (before !== undefined && before !== now) this.directoryLeft.set(before, { atMs, version });
    if (now === undefined) this.#directories.delete(partition);
    else this.#directories.set(partition, now);
    if (now === undefined || now === before) {
      if (now !== undefined && loses)
        this.#violate(`entry ${version} takes a file of ${now}, which stays the directory`);
      return;
    }
    if (this.#firstFiles.has(now)) this.#violate(`with entry ${version}, ${now} becomes the directory a second time`);
    this.#firstFiles.set(
      now,
      live.map(({ name }) => name),
    );
  }
}

/** The rule of Hive's directories: the newest rewrite's, else that of the lowest batch. */
function directoryOf(partition: string, live: readonly WatchedFile[]): string | undefined {
  const rewritten = live.filter(({ path }) => !path.startsWith('data/'));
  const directories = rewritten.map(({ path }) => path.slice(0, path.lastIndexOf('/')));
  const baseOf = (directory: string): number => Number(/\/g(\d+)-[^/]+$/.exec(directory)?.[1]);
  directories.sort((one, other) => baseOf(one) - baseOf(other) || (one < other ? -1 : 1));
  const newest = directories.at(-1);
  if (newest !== undefined || live.length === 0) return newest;
  return `${partition}/g0-h${Math.min(...live.map(({ name }) => Number(/^b(\d+)-/.exec(name)?.[1])))}`;
}

/** A table's state in one text: its files and its transactions. */
export function digestOf(paths: Iterable<string>, transactions: ReadonlyMap<string, number>): string {
  const moved = [...transactions].map(([appId, version]) => `${appId}=${version}`);
  return `${[...paths].sort().join(' ')} | ${moved.sort().join(' ')}`;
}
