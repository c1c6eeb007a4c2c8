import type { Action, AddFile, MetaData, Protocol, RemoveFile, Transaction } from './actions.ts';

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
    if (action.txn) this.transactions.set(action.txn.appId, action.txn);
    if (action.add) {
      this.files.set(action.add.path, action.add);
      this.removed.delete(action.add.path);
    }
    if (action.remove) {
      this.files.delete(action.remove.path);
      this.removed.set(action.remove.path, action.remove);
    }
  }
}

/** The rows that a file's statistics count. */
export function rowCountOf(file: AddFile): number {
  if (file.stats === undefined) return 0;
  return (JSON.parse(file.stats) as { numRecords: number }).numRecords;
}
