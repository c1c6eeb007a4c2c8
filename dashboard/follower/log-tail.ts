import type { LogEntry, TableLog } from '../../lake/log/table-log.ts';

/** Follows a log so that no entry is missed: one that was passed when a read failed is read again by the next call. */
export class LogTail {
  readonly #log: TableLog;
  #taken = -1;

  constructor(log: TableLog) {
    this.#log = log;
  }

  /** Starts at the newest version, whose state is in the log's snapshot. False while there is no log. */
  async open(): Promise<boolean> {
    await this.#log.refresh();
    this.#taken = this.#log.snapshot.version;
    return this.#taken >= 0;
  }

  /** The entries since the last call that succeeded. */
  async next(): Promise<LogEntry[]> {
    const found = new Map((await this.#log.refresh()).map((entry) => [entry.version, entry]));
    const entries: LogEntry[] = [];
    for (let version = this.#taken + 1; version <= this.#log.snapshot.version; version += 1) {
      const entry = found.get(version) ?? (await this.#log.readEntry(version));
      if (entry !== undefined) entries.push(entry);
    }
    this.#taken = this.#log.snapshot.version;
    return entries;
  }
}
