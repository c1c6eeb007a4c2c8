import { type KnownBackfill, listBackfills } from '../../backfill/list-backfills.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { BackfillFiles } from '../../lake/backfill-files.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { mainTable } from '../../plans/table-shape.ts';

/** Backfills told of, the newest. */
export const MAX_LISTED_BACKFILLS = 20;
/** How long an answer is good for all who ask. */
export const LIST_EVERY_MS = 2_000;

/** A table's newest backfills as the lake knows them; one that has ended is read once. */
export class BackfillList {
  readonly #storage: Storage;
  readonly #definition: TableDefinition;
  readonly #ended = new Map<number, KnownBackfill>();
  #answer: { readonly atMs: number; readonly backfills: Promise<KnownBackfill[]> } | undefined;

  constructor(storage: Storage, definition: TableDefinition) {
    this.#storage = storage;
    this.#definition = definition;
  }

  /** Newest first. */
  async newest(nowMs: number): Promise<KnownBackfill[]> {
    if (this.#answer === undefined || nowMs - this.#answer.atMs >= LIST_EVERY_MS) {
      this.#answer = { atMs: nowMs, backfills: this.#read() };
      this.#answer.backfills.catch(() => (this.#answer = undefined));
    }
    return this.#answer.backfills;
  }

  async #read(): Promise<KnownBackfill[]> {
    const numbers = await new BackfillFiles(this.#storage, mainTable(this.#definition).path).numbers();
    const backfills: KnownBackfill[] = [];
    for (const number of numbers.slice(-MAX_LISTED_BACKFILLS).reverse()) {
      const known = this.#ended.get(number) ?? (await listBackfills(this.#storage, this.#definition, number))[0];
      if (known === undefined) continue;
      backfills.push(known);
      if (known.state === 'done' || known.state === 'cancelled') this.#ended.set(number, known);
    }
    return backfills;
  }
}
