import { DEFINITION_DEFAULTS } from '../definition/parse.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BatchManifest, BatchPlan, BatchSeal } from '../plans/batch.ts';
import { definitionPath, manifestPath, planPath, PLANS_FOLDER, sealPath } from '../plans/table-paths.ts';
import type { Storage } from './storage/storage.ts';

/** The plans, manifests, seals and pinned definitions of one table: each created once, whole, and never changed. */
export class BatchFiles {
  readonly #storage: Storage;
  readonly #tablePath: string;
  readonly #definitions = new Map<string, TableDefinition>();

  constructor(storage: Storage, tablePath: string) {
    this.#storage = storage;
    this.#tablePath = tablePath;
  }

  /** Batches up to this one that have a plan still, in ascending order: a vacuum leaves those that tell something. */
  async plannedSequences(upTo: number): Promise<number[]> {
    const sequences = new Set<number>();
    for await (const { path } of this.#storage.list(`${this.#tablePath}/${PLANS_FOLDER}`)) {
      const sequence = Number(/\/(\d+)\.\d+\.json$/.exec(path)?.[1]);
      if (sequence <= upTo) sequences.add(sequence);
    }
    return [...sequences];
  }

  /** The newest revision of a batch's plan, or undefined where the batch has not been planned. */
  async readPlan(sequence: number): Promise<BatchPlan | undefined> {
    let newest: BatchPlan | undefined;
    for (let revision = 0; ; revision += 1) {
      const plan = await this.#read<BatchPlan>(planPath(sequence, revision));
      if (plan === undefined) return newest;
      newest = plan;
    }
  }

  /** Fixes a batch. Where a plan of that revision is there already, that one is the plan, and is returned. */
  async createPlan(plan: BatchPlan): Promise<BatchPlan> {
    const path = planPath(plan.sequence, plan.revision);
    if (await this.#create(path, plan)) return plan;
    return (await this.#read<BatchPlan>(path)) ?? this.#settled(path);
  }

  async readManifest({ sequence, revision }: BatchPlan, shard: number): Promise<BatchManifest | undefined> {
    return this.#read<BatchManifest>(manifestPath(sequence, revision, shard));
  }

  /** Decides a part of a batch. The first manifest is the manifest: what is returned may be another attempt's. */
  async createManifest(manifest: BatchManifest): Promise<BatchManifest> {
    const path = manifestPath(manifest.sequence, manifest.revision, manifest.shard);
    if (await this.#create(path, manifest)) return manifest;
    return (await this.#read<BatchManifest>(path)) ?? this.#settled(path);
  }

  /** The plan that decided a batch: that of its seal, where there is one; else the newest revision. */
  async readDecidedPlan(sequence: number): Promise<BatchPlan | undefined> {
    const seal = await this.readSeal(sequence);
    if (seal === undefined) return this.readPlan(sequence);
    return this.#read<BatchPlan>(planPath(sequence, seal.revision));
  }

  async readSeal(sequence: number): Promise<BatchSeal | undefined> {
    return this.#read<BatchSeal>(sealPath(sequence));
  }

  /** Decides a batch. The first seal is the seal: what is returned may be another attempt's. */
  async createSeal(seal: BatchSeal): Promise<BatchSeal> {
    const path = sealPath(seal.sequence);
    if (await this.#create(path, seal)) return seal;
    return (await this.#read<BatchSeal>(path)) ?? this.#settled(path);
  }

  /** Keeps a definition under its hash, so that a plan can be carried out as planned after the file has changed. */
  async pinDefinition(hash: string, definition: TableDefinition): Promise<void> {
    if (this.#definitions.has(hash)) return;
    await this.#create(definitionPath(hash), definition);
    this.#definitions.set(hash, definition);
  }

  async readDefinition(hash: string): Promise<TableDefinition> {
    const known = this.#definitions.get(hash);
    if (known !== undefined) return known;
    const definition = completed(await this.#require<TableDefinition>(definitionPath(hash)));
    this.#definitions.set(hash, definition);
    return definition;
  }

  #create(path: string, content: object): Promise<boolean> {
    return this.#storage.createIfAbsent(`${this.#tablePath}/${path}`, Buffer.from(`${JSON.stringify(content)}\n`));
  }

  async #require<T>(path: string): Promise<T> {
    const content = await this.#read<T>(path);
    if (content !== undefined) return content;
    throw this.#corrupt(path, 'it is gone');
  }

  async #read<T>(path: string): Promise<T | undefined> {
    const bytes = await this.#storage.read(`${this.#tablePath}/${path}`);
    if (bytes === undefined) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8')) as T;
    } catch (cause) {
      throw this.#corrupt(path, 'it is not JSON', cause);
    }
  }

  /** It was there a moment ago: a vacuum deletes what has been committed long since. */
  #settled(path: string): never {
    throw new SluiceError('LOG_MOVED_ON', `${this.#tablePath}/${path} was there, and has been vacuumed.`, {
      remedy: 'Its batch was committed long ago. The step begins anew by itself.',
    });
  }

  #corrupt(path: string, why: string, cause?: unknown): SluiceError {
    const uri = this.#storage.uriOf(`${this.#tablePath}/${path}`);
    return new SluiceError('BATCH_FILE_CORRUPT', `The file ${uri} cannot be used: ${why}.`, {
      remedy: 'Restore that file from a backup.',
      cause,
    });
  }
}

/** A definition that was pinned before a limit came to be has that limit's default. */
function completed(definition: TableDefinition): TableDefinition {
  const limits: Partial<TableDefinition['limits']> = definition.limits;
  const { maxRecordBytes = DEFINITION_DEFAULTS.maxRecordBytes, shards = DEFINITION_DEFAULTS.shards } = limits;
  return { ...definition, limits: { ...definition.limits, maxRecordBytes, shards } };
}
