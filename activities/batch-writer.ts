import { revisionAfter } from './batch-revision.ts';
import { definitionHash, loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import type { BatchRequest } from '../engines/engine.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { requireCompatible } from '../lake/ensure-table.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { BatchMaking, BatchManifest, BatchPlan, BatchSeal, DataFile } from '../plans/batch.ts';
import { planOfShard, shardCount, together } from '../plans/shard.ts';
import { archiveTable, mainTable, rejectedTable } from '../plans/table-shape.ts';
import { batchStep } from './batch-step.ts';
import type { IngestParts } from './ingest-parts.ts';

type Report = BatchRequest['report'];

/** Turns planned batches into sealed ones. Whatever is there already, of whoever's making, is the result. */
export class BatchWriter {
  readonly #parts: IngestParts;
  readonly definition: TableDefinition;
  readonly #files: BatchFiles;

  constructor(parts: IngestParts, definition: TableDefinition, files: BatchFiles) {
    this.#parts = parts;
    this.definition = definition;
    this.#files = files;
  }

  /** By the definition as it is now, and without the logs: those are not asked what a planned batch holds. */
  static open(parts: IngestParts, table: string): BatchWriter {
    const definition = loadDefinition(parts.tablesFolder, table);
    return new BatchWriter(parts, definition, new BatchFiles(parts.storage, mainTable(definition).path));
  }

  /** How a batch is made that is planned now. */
  get making(): BatchMaking {
    return {
      engine: this.#parts.engineName ?? this.definition.engine,
      definitionHash: definitionHash(this.definition),
    };
  }

  /**
   * Reads exactly what is planned, writes its files into the lake, part after part, and seals. A seal that is there already is
   * the result. What can't be done as planned, and can be in smaller batches or by the definition as it is now, gets a revision.
   */
  async writeAndSeal(planned: BatchPlan, signal: AbortSignal, report?: Report): Promise<BatchSeal> {
    for (let plan = planned; ;) {
      const sealed = await this.#files.readSeal(plan.sequence);
      if (sealed !== undefined) return sealed;
      try {
        const parts: BatchManifest[] = [];
        for (let shard = 0; shard < shardCount(plan); shard += 1) {
          parts.push(await this.#part(plan, shard, signal, report));
        }
        return await this.#seal(plan, parts);
      } catch (thrown) {
        plan = await this.#revise(plan, thrown, signal);
      }
    }
  }

  /**
   * Writes one part of a batch, unless it is there, the batch is sealed, or has another plan by now. Where it can't be done as
   * planned, the batch gets a revision instead.
   */
  async writePart(
    batch: Pick<BatchPlan, 'sequence' | 'revision'>,
    shard: number,
    signal: AbortSignal,
    report?: Report,
  ): Promise<void> {
    if ((await this.#files.readSeal(batch.sequence)) !== undefined) return;
    const plan = await this.#files.readPlan(batch.sequence);
    if (plan?.revision !== batch.revision || shard >= shardCount(plan)) return;
    try {
      await this.#part(plan, shard, signal, report);
    } catch (thrown) {
      await this.#revise(plan, thrown, signal);
    }
  }

  async #part(plan: BatchPlan, shard: number, signal: AbortSignal, report: Report): Promise<BatchManifest> {
    // A batch of one part needs no manifest: its seal says the same.
    if (shardCount(plan) === 1) return this.#write(plan, shard, signal, report);
    const there = await this.#files.readManifest(plan, shard);
    if (there !== undefined) return there;
    return this.#files.createManifest(await this.#write(planOfShard(plan, shard), shard, signal, report));
  }

  async #write(plan: BatchPlan, shard: number, signal: AbortSignal, report: Report): Promise<BatchManifest> {
    const attempt = this.#parts.attemptName();
    const { sequence, revision } = plan;
    return this.#parts.storage.withScratchFolder(async (scratchFolder) => {
      const definition = await this.#files.readDefinition(plan.definitionHash);
      const told = report === undefined ? {} : { report };
      const request = { plan, shard, definition, attempt, scratchFolder, signal, ...told };
      const result = await batchStep('write', { table: definition.table, sequence, revision, attempt }, async () => {
        const written = await this.#parts.engine.write(request);
        await this.#addFiles(mainTable(this.definition).path, written.files);
        await this.#addFiles(rejectedTable(definition).path, written.rejectedFiles);
        await this.#addFiles(archiveTable(definition).path, written.archiveFiles ?? []);
        return written;
      });
      const { rows, rejectedRows, unknownFields, fetchedBytes } = result;
      return {
        format: 1,
        sequence,
        revision,
        shard,
        attempt,
        rows,
        files: result.files.map(sealedFile),
        rejectedRows,
        rejectedFiles: result.rejectedFiles.map(sealedFile),
        ...(result.archiveFiles === undefined ? {} : { archiveFiles: result.archiveFiles.map(sealedFile) }),
        unknownFields,
        fetchedBytes,
      };
    });
  }

  async #seal(plan: BatchPlan, parts: readonly BatchManifest[]): Promise<BatchSeal> {
    const { sequence, revision, definitionHash, topic, nextOffsets, lost } = plan;
    const seal: BatchSeal = {
      format: 1,
      sequence,
      revision,
      definitionHash,
      attempt: parts.length === 1 && parts[0] !== undefined ? parts[0].attempt : this.#parts.attemptName(),
      sealedAtMs: this.#parts.clock.nowMs(),
      topic,
      nextOffsets,
      ...together(parts),
      ...(lost === undefined ? {} : { lost }),
    };
    return batchStep('seal', { table: this.definition.table, ...seal }, () => this.#files.createSeal(seal));
  }

  /** @throws what was thrown, where no revision would help */
  async #revise(plan: BatchPlan, thrown: unknown, signal: AbortSignal): Promise<BatchPlan> {
    const { making } = this;
    const revision = revisionAfter(plan, { thrown, signal, making, nowMs: this.#parts.clock.nowMs() });
    if (revision === undefined) throw thrown;
    if (revision.definitionHash !== plan.definitionHash) {
      // Whoever writes a part has not asked the log yet whether it takes what this definition makes.
      const shape = mainTable(this.definition);
      await requireCompatible(new TableLog(this.#parts.storage, shape.path, this.#parts.log), shape, plan);
      await this.#files.pinDefinition(making.definitionHash, this.definition);
    }
    const created = await this.#files.createPlan(revision);
    signal.throwIfAborted();
    return created;
  }

  async #addFiles(tablePath: string, files: readonly { localPath: string; path: string }[]): Promise<void> {
    const placed = files.map(({ localPath, path }) => ({ localPath, path: `${tablePath}/${path}` }));
    await this.#parts.storage.addFiles(placed);
  }
}

/** A file as the seal names it: where it lies on this machine is nobody else's business. */
function sealedFile({ path, partitionValues, sizeBytes, rows, stats }: DataFile): DataFile {
  return { path, partitionValues, sizeBytes, rows, stats };
}
