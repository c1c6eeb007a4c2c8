import type { Action } from '../../../lake/log/actions.ts';
import type { Row } from '../services/row-engine.ts';
import type { StoredObject } from '../services/object-store.ts';

/** A file that is in a table, as the log and the file itself say. */
export interface WatchedFile {
  /** Relative to the table's folder. */
  readonly path: string;
  readonly partition: string;
  readonly rows: readonly Row[];
}

/** What one log says, by a reading of its own: not by the code that is watched. */
export class LogWatch {
  readonly tablePath: string;
  readonly files = new Map<string, WatchedFile>();
  /** Every file that has ever been in the table, by its name. */
  readonly everByName = new Map<string, WatchedFile>();
  readonly transactions = new Map<string, number>();
  tip = -1;
  readonly #digests: string[] = [];
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

  /** Takes in an entry that has just been created. @returns the files that it adds */
  read(version: number, bytes: Buffer): WatchedFile[] {
    if (version !== this.tip + 1) {
      this.#violate(`entry ${version} follows entry ${this.tip}`);
      return [];
    }
    this.tip = version;
    const actions = this.#parse(version, bytes);
    for (const { remove } of actions) if (remove) this.#remove(version, remove.path);
    const added = actions.flatMap(({ add }) => (add ? [this.#add(version, add)] : []));
    for (const { txn } of actions) if (txn) this.#move(version, txn.appId, txn.version);
    this.#digests[version] = digestOf(this.files.keys(), this.transactions);
    return added;
  }

  /** What a reader must see at a version, to be compared with `digestOf`. */
  digestAt(version: number): string | undefined {
    return this.#digests[version];
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
    const object = this.#objectAt(`${this.tablePath}/${path}`);
    const rows = object === undefined ? [] : (JSON.parse(object.bytes.toString()) as Row[]);
    const counted = (JSON.parse(add.stats ?? '{}') as { numRecords?: number }).numRecords;
    if (object === undefined) this.#violate(`entry ${version} adds ${path}, which is not there`);
    else if (add.size !== object.bytes.length) this.#violate(`entry ${version} gives ${path} another size`);
    else if (counted !== rows.length) this.#violate(`entry ${version} counts other rows in ${path}`);
    if ([...this.everByName.values()].some((file) => file.path === path))
      this.#violate(`the path ${path} is used twice`);
    const partition = Object.entries(add.partitionValues)
      .map(([key, value]) => `${key}=${value}`)
      .join('/');
    const file = { path, partition, rows };
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (this.everByName.has(name)) this.#violate(`the file name ${name} is used twice`);
    this.everByName.set(name, file);
    this.files.set(path, file);
    return file;
  }

  #remove(version: number, encoded: string): void {
    const path = decodeURI(encoded);
    if (!this.files.delete(path)) this.#violate(`entry ${version} removes ${path}, which is not in the table`);
  }

  #move(version: number, appId: string, to: number): void {
    const from = this.transactions.get(appId);
    if (from !== undefined && to < from) this.#violate(`entry ${version} moves ${appId} back from ${from} to ${to}`);
    this.transactions.set(appId, to);
  }
}

/** A table's state in one text: its files and its transactions. */
export function digestOf(paths: Iterable<string>, transactions: ReadonlyMap<string, number>): string {
  const moved = [...transactions].map(([appId, version]) => `${appId}=${version}`);
  return `${[...paths].sort().join(' ')} | ${moved.sort().join(' ')}`;
}
