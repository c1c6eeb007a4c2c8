import { createHash } from 'node:crypto';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BackfillApproval, BackfillDecision, BackfillPlan, BackfillUnit } from '../plans/backfill.ts';
import type { PartitionMerge } from '../plans/backfill-merge.ts';
import { backfillFolder, BACKFILLS_FOLDER, backfillPlanPath, backfillUnitPath, pad } from '../plans/table-paths.ts';
import type { Storage } from './storage/storage.ts';

/** Files that are read at a time. */
const READS_AT_ONCE = 16;

/** Files with an archive's columns that an operator has brought along, kept beside the table until the backfill has ended. */
export interface BroughtFiles {
  readonly format: 1;
  /** Relative to the table's folder. */
  readonly files: readonly string[];
}

/** The backfills of one table as they are kept in its folder: everything created once, whole, and never changed. */
export class BackfillFiles {
  readonly #storage: Storage;
  readonly #tablePath: string;

  constructor(storage: Storage, tablePath: string) {
    this.#storage = storage;
    this.#tablePath = tablePath;
  }

  /** Keeps a plan under the next free number. */
  async createPlan(plan: Omit<BackfillPlan, 'number'>): Promise<BackfillPlan> {
    for (let number = ((await this.numbers()).at(-1) ?? 0) + 1; ; number += 1) {
      const numbered = { ...plan, number };
      if (await this.#create(backfillPlanPath(number), numbered)) return numbered;
    }
  }

  /** Of all backfills, in order. */
  async numbers(): Promise<number[]> {
    const numbers: number[] = [];
    for await (const { path } of this.#storage.list(`${this.#tablePath}/${BACKFILLS_FOLDER}`)) {
      const number = /\/(\d{10,})\.json$/.exec(path)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
    return numbers.sort((a, b) => a - b);
  }

  /** @throws SluiceError USAGE where there is none of that number */
  async readPlan(number: number): Promise<BackfillPlan> {
    const plan = await this.#read<BackfillPlan>(backfillPlanPath(number));
    if (plan !== undefined) return plan;
    throw new SluiceError('USAGE', `${this.#tablePath} has no backfill ${number}.`, {
      remedy: 'See those that there are with: sluice backfill list',
    });
  }

  async readUnit(number: number, unit: number): Promise<BackfillUnit | undefined> {
    return this.#read<BackfillUnit>(backfillUnitPath(number, unit));
  }

  /** The first to end a unit decides what it became: what is returned may be another attempt's. */
  async createUnit(number: number, unit: BackfillUnit): Promise<BackfillUnit> {
    return this.#createOrRead(backfillUnitPath(number, unit.unit), unit);
  }

  async units(number: number): Promise<BackfillUnit[]> {
    return this.#readAll<BackfillUnit>(`${backfillFolder(number)}/units`);
  }

  async createMerge(number: number, merge: PartitionMerge, partition: string): Promise<PartitionMerge> {
    return this.#createOrRead(mergePath(number, merge, partition), merge);
  }

  async merges(number: number): Promise<PartitionMerge[]> {
    return this.#readAll<PartitionMerge>(`${backfillFolder(number)}/merges`);
  }

  /** The files that a backfill reads its records from, where it came with some. */
  async readSource(number: number): Promise<BroughtFiles | undefined> {
    return this.#read<BroughtFiles>(sourcePath(number));
  }

  async createSource(number: number, files: BroughtFiles): Promise<BroughtFiles> {
    return this.#createOrRead(sourcePath(number), files);
  }

  async readApproval(number: number): Promise<BackfillApproval | undefined> {
    return this.#read<BackfillApproval>(approvalPath(number));
  }

  async approve(number: number, approval: BackfillApproval): Promise<BackfillApproval> {
    return this.#createOrRead(approvalPath(number), approval);
  }

  async readDecision(number: number): Promise<BackfillDecision | undefined> {
    return this.#read<BackfillDecision>(decisionPath(number));
  }

  /** The first decision holds: what is returned may be another's. */
  async decide(number: number, decision: BackfillDecision): Promise<BackfillDecision> {
    return this.#createOrRead(decisionPath(number), decision);
  }

  async #createOrRead<T extends object>(path: string, content: T): Promise<T> {
    for (;;) {
      if (await this.#create(path, content)) return content;
      const there = await this.#read<T>(path);
      // Where a vacuum has deleted it in between, its backfill has ended: what is created now is the next vacuum's.
      if (there !== undefined) return there;
    }
  }

  #create(path: string, content: object): Promise<boolean> {
    return this.#storage.createIfAbsent(`${this.#tablePath}/${path}`, Buffer.from(`${JSON.stringify(content)}\n`));
  }

  async #readAll<T>(folder: string): Promise<T[]> {
    const paths: string[] = [];
    for await (const { path } of this.#storage.list(`${this.#tablePath}/${folder}`)) {
      if (path.endsWith('.json')) paths.push(path);
    }
    const all: T[] = [];
    for (let from = 0; from < paths.length; from += READS_AT_ONCE) {
      const some = await Promise.all(paths.slice(from, from + READS_AT_ONCE).map((path) => this.#readPath<T>(path)));
      all.push(...some.filter((content) => content !== undefined));
    }
    return all;
  }

  #read<T>(path: string): Promise<T | undefined> {
    return this.#readPath<T>(`${this.#tablePath}/${path}`);
  }

  async #readPath<T>(path: string): Promise<T | undefined> {
    const bytes = await this.#storage.read(path);
    if (bytes === undefined) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8')) as T;
    } catch (cause) {
      throw this.#corrupt(path, 'it is not JSON', cause);
    }
  }

  #corrupt(path: string, why: string, cause?: unknown): SluiceError {
    return new SluiceError('BATCH_FILE_CORRUPT', `The file ${this.#storage.uriOf(path)} cannot be used: ${why}.`, {
      remedy: 'Restore that file from a backup.',
      cause,
    });
  }
}

function sourcePath(number: number): string {
  return `${backfillFolder(number)}/source.json`;
}

function approvalPath(number: number): string {
  return `${backfillFolder(number)}/approval.json`;
}

function decisionPath(number: number): string {
  return `${backfillFolder(number)}/decision.json`;
}

/** A partition's name has `/` and `=` in it, and no bound: its hash stands for it. */
function mergePath(number: number, merge: PartitionMerge, partition: string): string {
  const hash = createHash('sha256').update(partition).digest('hex').slice(0, 16);
  return `${backfillFolder(number)}/merges/${merge.step}-${hash}-${pad(merge.base.version, 10)}.json`;
}
