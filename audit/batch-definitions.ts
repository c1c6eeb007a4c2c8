import { definitionHash } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchFiles } from '../lake/batch-files.ts';
import { redefinedAt, type RedefinedRange } from '../plans/backfill-definitions.ts';
import type { BatchPlan } from '../plans/batch.ts';

/** Offsets that were written by one definition. */
export interface DefinedStretch {
  readonly hash: string;
  /** Exclusive. */
  readonly to: bigint;
}

/**
 * By which definition a record became a row: that of the last backfill of its offset, else that of its batch's plan. Plans
 * are looked for, not read through, since a
 * table may have millions. A vacuum deletes only plans that name the same definition as the plan before.
 */
export class BatchDefinitions {
  readonly #files: BatchFiles;
  readonly #committedSequence: number;
  readonly #current: TableDefinition;
  readonly #currentHash: string;
  readonly #redefined: readonly RedefinedRange[];
  #sequences: readonly number[] | undefined;
  /** Index of the last plan found: what is asked next mostly follows it. */
  #near = 0;

  /** @param redefined what backfills have derived anew, in the order of their commits */
  constructor(
    files: BatchFiles,
    committedSequence: number,
    current: TableDefinition,
    redefined: readonly RedefinedRange[],
  ) {
    this.#files = files;
    this.#committedSequence = committedSequence;
    this.#redefined = redefined;
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
    const { hash, to } = redefinedAt(this.#redefined, partition, offset);
    if (hash !== undefined) return { hash, to: to ?? offset + 1n };
    this.#sequences ??= await this.#files.plannedSequences(this.#committedSequence);
    const index = await this.#lastFrom(this.#sequences, partition, offset);
    const plan = await this.#planAt(this.#sequences, index);
    if (plan === undefined) return { hash: this.#currentHash, to: offset + 1n };
    const next = await this.#planAt(this.#sequences, index + 1);
    const end = next === undefined ? endOf(plan, partition) : startOf(next, partition);
    return { hash: plan.definitionHash, to: to !== undefined && to < end ? to : end };
  }

  /** Index of the last plan that begins at the offset or before; -1 where none does. */
  async #lastFrom(sequences: readonly number[], partition: number, offset: bigint): Promise<number> {
    const isFrom = async (index: number): Promise<boolean> => {
      const plan = await this.#planAt(sequences, index);
      return plan !== undefined && startOf(plan, partition) <= offset;
    };
    let low = -1;
    let high = sequences.length - 1;
    for (const guess of [this.#near, this.#near + 1, this.#near + 2]) {
      if (guess <= low || guess > high) continue;
      if (await isFrom(guess)) low = guess;
      else high = guess - 1;
    }
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (await isFrom(middle)) low = middle;
      else high = middle - 1;
    }
    this.#near = Math.max(0, low);
    return low;
  }

  async #planAt(sequences: readonly number[], index: number): Promise<BatchPlan | undefined> {
    const sequence = sequences[index];
    return sequence === undefined ? undefined : this.#files.readDecidedPlan(sequence);
  }
}

function startOf(plan: BatchPlan, partition: number): bigint {
  const ranges = [...(plan.lost ?? []), ...plan.ranges];
  return BigInt(ranges.find((range) => range.partition === partition)?.startOffset ?? endOf(plan, partition));
}

function endOf(plan: BatchPlan, partition: number): bigint {
  return BigInt(plan.nextOffsets[String(partition)] ?? 0);
}
