import { FENCE_APP_ID, isSettledByFence } from '../../plans/rewrite.ts';
import { VACUUM_APP_ID } from '../../plans/vacuum.ts';
import type { Action, AddFile, MetaData, Protocol, RemoveFile, Transaction } from './actions.ts';
import { entryVersionOf } from './file-actions.ts';

/**
 * A table's state at one version of its log: action reconciliation of the Delta protocol
 * (PROTOCOL.md#action-reconciliation). It moves forward by `apply` and is never copied, since it may hold a million files.
 */
export class Snapshot {
  /** -1 before the first entry. */
  version = -1;
  protocol: Protocol | undefined;
  metaData: MetaData | undefined;
  readonly transactions = new Map<string, Transaction>();
  readonly files = new Map<string, AddFile>();
  /** Files that have left the table, until a vacuum has said that they are deleted. */
  readonly removed = new Map<string, RemoveFile>();
  /** Live files by partition, so that a batch costs what it touches, however many others there are. */
  readonly #partitions = new Map<string, Map<string, AddFile>>();

  apply(version: number, actions: readonly Action[]): void {
    for (const action of actions) this.#applyOne(action);
    this.version = version;
  }

  /** As before the first entry. */
  clear(): void {
    this.version = -1;
    this.protocol = undefined;
    this.metaData = undefined;
    for (const known of [this.transactions, this.files, this.removed, this.#partitions]) known.clear();
  }

  /** How far `appId` has come, or undefined where it never committed. */
  transactionVersion(appId: string): number | undefined {
    return this.transactions.get(appId)?.version;
  }

  /** The live files of these partitions, each partition once. */
  filesOf(partitions: Iterable<AddFile['partitionValues']>): AddFile[] {
    const keys = new Set([...partitions].map(keyOf));
    return [...keys].flatMap((key) => [...(this.#partitions.get(key)?.values() ?? [])]);
  }

  #applyOne(action: Action): void {
    if (action.protocol) this.protocol = action.protocol;
    if (action.metaData) this.metaData = action.metaData;
    if (action.txn) this.#applyTransaction(action.txn);
    if (action.add) this.#add(action.add);
    if (action.remove) this.#remove(action.remove);
  }

  #add(file: AddFile): void {
    this.files.set(file.path, file);
    this.removed.delete(file.path);
    const key = keyOf(file.partitionValues);
    const partition = this.#partitions.get(key);
    if (partition === undefined) this.#partitions.set(key, new Map([[file.path, file]]));
    else partition.set(file.path, file);
  }

  #remove(file: RemoveFile): void {
    const live = this.files.get(file.path);
    this.files.delete(file.path);
    this.removed.set(file.path, file);
    if (live === undefined) return;
    const key = keyOf(live.partitionValues);
    const partition = this.#partitions.get(key);
    partition?.delete(file.path);
    if (partition?.size === 0) this.#partitions.delete(key);
  }

  /** With a vacuum's transactions go those of rewrites that its fence has settled, and the names of files that it has deleted. */
  #applyTransaction(transaction: Transaction): void {
    this.transactions.set(transaction.appId, transaction);
    if (transaction.appId === FENCE_APP_ID) {
      for (const known of this.transactions.values()) {
        if (isSettledByFence(known, transaction.version)) this.transactions.delete(known.appId);
      }
    }
    if (transaction.appId === VACUUM_APP_ID) {
      for (const [path, remove] of this.removed) {
        if (entryVersionOf(remove) <= transaction.version) this.removed.delete(path);
      }
    }
  }
}

/** Tells partitions apart. */
function keyOf(values: AddFile['partitionValues']): string {
  let key = '';
  for (const name of Object.keys(values).sort()) key += `${name}=${values[name] ?? ''}\n`;
  return key;
}

/** The rows that a file's statistics count. */
export function rowCountOf(file: AddFile): number {
  if (file.stats === undefined) return 0;
  return (JSON.parse(file.stats) as { numRecords: number }).numRecords;
}
