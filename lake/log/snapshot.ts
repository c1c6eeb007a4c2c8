import { FENCE_APP_ID, isSettledByFence } from '../../plans/rewrite.ts';
import { VACUUM_APP_ID } from '../../plans/vacuum.ts';
import type { Action, AddFile, MetaData, Protocol, RemoveFile, Transaction } from './actions.ts';
import { removedAtVersion } from './file-actions.ts';

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

  apply(version: number, actions: readonly Action[]): void {
    for (const action of actions) this.#applyOne(action);
    this.version = version;
  }

  /** How far `appId` has come, or undefined where it never committed. */
  transactionVersion(appId: string): number | undefined {
    return this.transactions.get(appId)?.version;
  }

  #applyOne(action: Action): void {
    if (action.protocol) this.protocol = action.protocol;
    if (action.metaData) this.metaData = action.metaData;
    if (action.txn) this.#applyTransaction(action.txn);
    if (action.add) {
      this.files.set(action.add.path, action.add);
      this.removed.delete(action.add.path);
    }
    if (action.remove) {
      this.files.delete(action.remove.path);
      this.removed.set(action.remove.path, action.remove);
    }
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
        if (removedAtVersion(remove) <= transaction.version) this.removed.delete(path);
      }
    }
  }
}

/** The rows that a file's statistics count. */
export function rowCountOf(file: AddFile): number {
  if (file.stats === undefined) return 0;
  return (JSON.parse(file.stats) as { numRecords: number }).numRecords;
}
