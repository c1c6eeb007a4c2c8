import { BatchWriter } from './batch-writer.ts';
import { loadDefinition } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import type { BatchRequest } from '../engines/engine.ts';
import { BatchFiles } from '../lake/batch-files.ts';
import { commitBatch } from '../lake/commit-batch.ts';
import { committedOffsets } from '../lake/committed.ts';
import { ensureColumns, ensureTable } from '../lake/ensure-table.ts';
import { recordLosses } from '../lake/losses.ts';
import type { SluiceCommitInfo } from '../lake/log/actions.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { type BatchPlan, type BatchSeal, sequenceAppId } from '../plans/batch.ts';
import { planInShards, recordSizeOf, type ShardedBatch } from '../plans/micro-batch.ts';
import { archiveTable, mainTable, rejectedTable, type TableShape } from '../plans/table-shape.ts';
import { batchStep } from './batch-step.ts';
import { atStep } from './fault-point.ts';
import type { IngestParts, TableLogs } from './ingest-parts.ts';

/** How long an end of a partition below what is committed is taken for a leader that is still catching up. */
const MOVED_BACK_PATIENCE_MS = 30_000;
const MOVED_BACK_LOOK_EVERY_MS = 500;

/** A batch that has been planned, and how much was left in Kafka beside it; unknown for a plan that was there already. */
export interface PlannedBatch {
  readonly plan: BatchPlan;
  readonly remaining: bigint | undefined;
}

/**
 * The steps of a micro-batch on one table: plan, write, seal, commit. Each reads what storage says, does its part, and may be
 * repeated, interrupted or overtaken at any point; storage decides who was first.
 */
export class IngestTable {
  readonly definition: TableDefinition;
  readonly shape: TableShape;
  readonly #logs: TableLogs;
  readonly #parts: IngestParts;
  readonly #files: BatchFiles;
  readonly #writer: BatchWriter;
  readonly #topicId: string;
  /** The newest batch that was in the log when this last looked, or made by this; undefined before it has looked. */
  #lastSequence: number | undefined;
  #batchesOfOthers = 0;
  /** Of the newest batch; undefined where that is not known. */
  #recordSizeBytes: number | undefined;

  private constructor(parts: IngestParts, definition: TableDefinition, topicId: string) {
    this.#parts = parts;
    this.#topicId = topicId;
    this.definition = definition;
    this.shape = mainTable(definition);
    this.#logs = parts.logs?.take(this.shape.path) ?? openLogs(parts, definition);
    this.#files = new BatchFiles(parts.storage, this.shape.path);
    this.#writer = new BatchWriter(parts, definition, this.#files);
  }

  /** Reads the definition anew, so a corrected file takes effect at the next batch. */
  static async open(parts: IngestParts, table: string, signal: AbortSignal): Promise<IngestTable> {
    const definition = loadDefinition(parts.tablesFolder, table);
    const source = await parts.cluster.describeTopic(definition.source.topic, { signal });
    const opened = new IngestTable(parts, definition, source.topicId);
    const { main, rejected, archive } = opened.#logs;
    await ensureTable(main, opened.shape, source);
    await ensureTable(rejected, rejectedTable(definition), source);
    if (definition.archive) await ensureTable(archive, archiveTable(definition), source);
    return opened;
  }

  get log(): TableLog {
    return this.#logs.main;
  }

  /** Nothing is under way here any more: the logs, as far as they were followed, are for who opens the table next. */
  close(): void {
    this.#parts.logs?.put(this.shape.path, this.#logs);
  }

  /** Batches that others have committed since this was opened: more than one or two, and somebody else ingests this table. */
  get batchesOfOthers(): number {
    return this.#batchesOfOthers;
  }

  /** The next batch: the plan that is there already, else a new one; undefined where Kafka has nothing new. */
  async plan(signal: AbortSignal): Promise<PlannedBatch | undefined> {
    await this.log.refresh();
    const committed = this.#committedSequence();
    if (this.#lastSequence === undefined) this.#recordSizeBytes = recordSizeOf(await this.#files.readSeal(committed));
    this.#batchesOfOthers += committed - (this.#lastSequence ?? committed);
    this.#lastSequence = committed;
    const sequence = committed + 1;
    const existing = await this.#files.readPlan(sequence);
    if (existing !== undefined) return { plan: existing, remaining: undefined };
    const { topic } = this.definition.source;
    const { batch, shards } = await this.#decide(signal);
    if (batch.ranges.length === 0) return undefined;
    const { making } = this.#writer;
    await this.#files.pinDefinition(making.definitionHash, this.definition);
    const plan: BatchPlan = {
      format: 1,
      sequence,
      revision: 0,
      plannedAtMs: this.#parts.clock.nowMs(),
      topic,
      topicId: this.#topicId,
      ranges: batch.ranges,
      nextOffsets: batch.nextOffsets,
      ...making,
      ...(shards > 1 ? { shards } : {}),
    };
    return { plan: await atStep('plan', () => this.#files.createPlan(plan)), remaining: batch.remaining };
  }

  /**
   * Decides on what Kafka says it holds. Just after a failover a new leader may not know yet how far its partition goes, so an
   * end below ours is believed only once it has stayed there.
   */
  async #decide(signal: AbortSignal): Promise<ShardedBatch> {
    const { clock, cluster } = this.#parts;
    const { topic } = this.definition.source;
    const believedAtMs = clock.elapsedMs() + MOVED_BACK_PATIENCE_MS;
    for (;;) {
      try {
        const input = {
          table: this.definition.table,
          committed: committedOffsets(this.log.snapshot, topic),
          available: await cluster.offsets(topic, { signal }),
          recordSizeBytes: this.#recordSizeBytes,
        };
        return planInShards(input, this.definition.limits);
      } catch (thrown) {
        const movedBack = thrown instanceof SluiceError && thrown.code === 'OFFSETS_MOVED_BACK';
        if (!movedBack) throw thrown;
        // Of another topic by that name, which has begun again.
        await ensureTable(this.log, this.shape, await cluster.describeTopic(topic, { signal }));
        if (clock.elapsedMs() > believedAtMs) throw thrown;
        await clock.sleep(MOVED_BACK_LOOK_EVERY_MS, signal);
      }
    }
  }

  /** Has the batch written, all parts one after the other, and sealed; see BatchWriter. */
  async writeAndSeal(planned: BatchPlan, signal: AbortSignal, report?: BatchRequest['report']): Promise<BatchSeal> {
    return this.#writer.writeAndSeal(planned, signal, report);
  }

  /** @returns the version that the batch is in, or undefined where another writer had committed it */
  async commit(seal: BatchSeal, published: SluiceCommitInfo['published']): Promise<number | undefined> {
    const { main, rejected, archive } = this.#logs;
    await recordLosses(this.#parts.storage, this.shape.path, seal);
    await this.#ensureColumns(seal);
    const version = await batchStep('commit', { table: this.definition.table, ...seal }, () =>
      commitBatch(main, rejected, seal, published, archive),
    );
    if (version === undefined) this.#batchesOfOthers += 1;
    this.#lastSequence = seal.sequence;
    this.#recordSizeBytes = recordSizeOf(seal) ?? this.#recordSizeBytes;
    await main.checkpointIfDue();
    await rejected.checkpointIfDue();
    if (seal.archiveFiles !== undefined) await archive.checkpointIfDue();
    return version;
  }

  /** The revision that was sealed may be of another definition than this was opened by. */
  async #ensureColumns({ sequence, definitionHash }: BatchSeal): Promise<void> {
    const hash = definitionHash ?? (await this.#files.readDecidedPlan(sequence))?.definitionHash;
    if (hash === undefined || hash === this.#writer.making.definitionHash) return;
    await ensureColumns(this.log, mainTable(await this.#files.readDefinition(hash)));
  }

  #committedSequence(): number {
    const { snapshot } = this.log;
    const sequence = snapshot.transactionVersion(sequenceAppId(this.definition.source.topic));
    if (sequence !== undefined) return sequence;
    if (snapshot.files.size === 0) return 0;
    throw new SluiceError('LOG_INCONSISTENT', `${this.shape.path} holds files, but no record of how far it has read.`, {
      remedy: 'It was not made by Sluice, or its log was altered; ingestion must not guess. Define a new table.',
    });
  }
}

function openLogs({ storage, log }: IngestParts, definition: TableDefinition): TableLogs {
  return {
    main: new TableLog(storage, mainTable(definition).path, log),
    rejected: new TableLog(storage, rejectedTable(definition).path, log),
    archive: new TableLog(storage, archiveTable(definition).path, log),
  };
}
