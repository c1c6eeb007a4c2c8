import { definitionHash } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchFiles } from '../lake/batch-files.ts';
import type { BatchPlan } from '../plans/batch.ts';

/** Offsets that were written by one definition. */
export interface DefinedStretch {
  readonly hash: string;
  /** Exclusive. */
  readonly to: bigint;
}

/**
 * By which definition a record became a row: that of its batch's plan. Plans are looked for, not read through, since a
 * table may have millions; one that is gone counts as made by today's definition.
 */
export class BatchDefinitions {
  readonly #files: BatchFiles;
  readonly #committedSequence: number;
  readonly #current: TableDefinition;
  readonly #currentHash: string;
  /** The last plan found: what is asked next mostly follows it. */
  #near = 1;

  constructor(files: BatchFiles, committedSequence: number, current: TableDefinition) {
    this.#files = files;
    this.#committedSequence = committedSequence;
    this.#current = current;
    this.#currentHash = definitionHash(current);
  }

  get currentHash(): string {
    return this.#currentHash;
  }

  async read(hash: string): Promise<TableDefinition> {
    return hash === this.#currentHash ? this.#current : this.#files.readDefinition(hash);
  }

  /** The definition at an offset, and how far at least it holds. */
  async at(partition: number, offset: bigint): Promise<DefinedStretch> {
    const plan = await this.#planOf(partition, offset);
    if (plan === undefined) return { hash: this.#currentHash, to: offset + 1n };
    return { hash: plan.definitionHash, to: endOf(plan, partition) };
  }

  /** The first batch that reaches beyond the offset. */
  async #planOf(partition: number, offset: bigint): Promise<BatchPlan | undefined> {
    let low = 1;
    let high = this.#committedSequence;
    for (const guess of [this.#near, this.#near + 1]) {
      if (guess < low || guess > high) continue;
      const plan = await this.#files.readDecidedPlan(guess);
      if (plan !== undefined && endOf(plan, partition) > offset) high = guess;
      else low = guess + 1;
    }
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const plan = await this.#files.readDecidedPlan(middle);
      if (plan !== undefined && endOf(plan, partition) > offset) high = middle;
      else low = middle + 1;
    }
    this.#near = low;
    return this.#files.readDecidedPlan(low);
  }
}

function endOf(plan: BatchPlan, partition: number): bigint {
  return BigInt(plan.nextOffsets[String(partition)] ?? 0);
}
