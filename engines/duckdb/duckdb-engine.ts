import { SluiceError } from '../../errors/sluice-error.ts';
import { scratchFailure } from '../../errors/scratch-failure.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { FETCH_MAX_BYTES } from '../../kafka/range-reader.ts';
import { ReadBudget } from '../../kafka/read-budget.ts';
import { readHeld } from '../../kafka/held-records.ts';
import type { RecordTaker } from '../../kafka/record-taker.ts';
import { spoolChunks, type SpoolSegment, spoolRange } from '../../kafka/spool.ts';
import { DUCKDB_MEMORY_LIMIT, DuckDbSession, type SessionLimits } from '../../duckdb/session.ts';
import { unknownFields } from '../../plans/unknown-fields.ts';
import { type BatchRequest, type BatchResult, BatchTooLarge, type Engine } from '../engine.ts';
import type { ArchiveWriter } from './archive-writer.ts';
import { type WasmInstance, WasmInstances } from '../plain/wasm-instance.ts';
import { requirePartitionLimit } from './parquet-writer.ts';
import { PlainDecoder } from '../plain/plain-decoder.ts';
import { writePlainRows } from '../plain/plain-writer.ts';

/**
 * One thread: with two, who waits for a query spins until the other one has done it, which costs a quarter of all the CPU
 * time of a batch and gains nothing. More cores are used by more workers (`limits.shards`).
 */
const ENGINE_LIMITS: SessionLimits = { threads: 1, memoryLimit: DUCKDB_MEMORY_LIMIT };

/**
 * Turns a batch into Parquet in this process. Most records are plainly written, and become rows as they are fetched
 * (PlainDecoder), which need no DuckDB; all others are spooled as NDJSON and judged by it (CarefulConversion). Either way a
 * record becomes the same.
 */
export class DuckDbEngine implements Engine {
  readonly #cluster: KafkaCluster;
  readonly #limits: SessionLimits;
  readonly #instances = new WasmInstances();
  #session: Promise<DuckDbSession> | undefined;

  constructor(cluster: KafkaCluster, limits: SessionLimits = ENGINE_LIMITS) {
    this.#cluster = cluster;
    this.#limits = limits;
  }

  async close(): Promise<void> {
    (await this.#session)?.close();
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    try {
      if (request.definition.archive === undefined) return await this.#write(request);
      const { ArchiveWriter } = await import('./archive-writer.ts');
      return await this.#inSession(async (session) => this.#write(request, await ArchiveWriter.open(session)));
    } catch (thrown) {
      request.signal.throwIfAborted();
      if (thrown instanceof SluiceError) throw thrown;
      const disk = scratchFailure(request.scratchFolder, thrown);
      if (disk !== undefined) throw disk;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (OUT_OF_MEMORY.test(message)) throw outOfMemory(request, thrown);
      throw new SluiceError('ENGINE_FAILED', `The engine failed on batch ${request.plan.sequence}: ${message}`, {
        remedy: 'The batch is tried again; if it fails for ever, see the worker’s log.',
        cause: thrown,
      });
    }
  }

  async #write(request: BatchRequest, archive?: ArchiveWriter): Promise<BatchResult> {
    const instance = this.#instances.take();
    try {
      return await this.#convert(request, new PlainDecoder(request.definition, instance), instance, archive);
    } finally {
      this.#instances.giveBack(instance);
    }
  }

  async #convert(
    request: BatchRequest,
    decoder: PlainDecoder,
    instance: WasmInstance,
    archive: ArchiveWriter | undefined,
  ): Promise<BatchResult> {
    const { definition } = request;
    const read = await this.#read(request, archive?.before(decoder) ?? decoder);
    decoder.finish();
    requirePartitionLimit(request, definition.table, decoder.periods.size);
    const plainFiles = await writePlainRows(decoder, instance, request);
    const careful = await this.#convertCarefully(request, read.segments, plainFiles.length);
    const files = [...plainFiles, ...careful.files];
    requirePartitionLimit(request, definition.table, partitionCount(files));
    const archiveFiles = await archive?.write(request);
    return {
      ...careful,
      ...(archiveFiles === undefined ? {} : { archiveFiles }),
      rows: decoder.rows + careful.rows,
      files,
      unknownFields: unknownFields(Object.fromEntries(decoder.unknownFields), careful.unknownFields),
      fetchedBytes: read.usedBytes,
    };
  }

  async #convertCarefully(
    request: BatchRequest,
    segments: readonly SpoolSegment[],
    firstIndex: number,
  ): Promise<Omit<BatchResult, 'fetchedBytes'>> {
    if (segments.length === 0) return NOTHING;
    const { CarefulConversion } = await import('./careful-conversion.ts');
    return this.#inSession(async (session) => new CarefulConversion(session).convert(request, segments, firstIndex));
  }

  /**
   * DuckDB is opened where first a record needs it. Batches of several tables are written at a time: each has its own temporary
   * tables.
   */
  async #inSession<Result>(work: (session: DuckDbSession) => Promise<Result>): Promise<Result> {
    this.#session ??= DuckDbSession.open(this.#limits).catch((thrown: unknown) => {
      this.#session = undefined;
      throw thrown;
    });
    const session = await (await this.#session).branch();
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  /** Reads all ranges at a time. Where one fails, the others end before this does: nothing is taken any more. */
  async #read(request: BatchRequest, taker: RecordTaker): Promise<{ segments: SpoolSegment[]; usedBytes: number }> {
    const { plan, scratchFolder: folder, signal } = request;
    const { maxBytes, maxRecordBytes } = request.definition.limits;
    const budget = new ReadBudget(maxBytes);
    const share = Math.floor(maxBytes / Math.max(1, plan.ranges.length));
    const fetchMaxBytes = Math.min(FETCH_MAX_BYTES, Math.max(FETCH_MIN_BYTES, share));
    const failed = new AbortController();
    const ended = AbortSignal.any([signal, failed.signal]);
    const options = { folder, signal: ended, budget, maxRecordBytes, fetchMaxBytes, taker };
    const reading = plan.ranges.map(async ({ partition, startOffset, endOffset }, index) => {
      const range = { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
      try {
        const named = { ...options, name: `r${index}` };
        const spooled =
          request.held === undefined
            ? await spoolRange(this.#cluster, plan.topicId, range, named)
            : await spoolChunks(readHeld(request.held, range, ended), range, named);
        return { partition, ...spooled };
      } catch (thrown) {
        failed.abort(ofPartition(partition, thrown));
        throw thrown;
      }
    });
    await Promise.allSettled(reading);
    failed.signal.throwIfAborted();
    const spooled = await Promise.all(reading);
    if (budget.isExceeded) {
      throw new BatchTooLarge(plan, maxBytes, new Map(spooled.map(({ partition, reached }) => [partition, reached])));
    }
    return { segments: spooled.flatMap(({ segments }) => segments), usedBytes: budget.usedBytes };
  }
}

/** Of a batch whose records are all plain. */
const NOTHING: Omit<BatchResult, 'fetchedBytes'> = {
  rows: 0,
  files: [],
  rejectedRows: 0,
  rejectedFiles: [],
  unknownFields: {},
};

function partitionCount(files: BatchResult['files']): number {
  return new Set(files.map(({ partitionValues }) => JSON.stringify(partitionValues))).size;
}

/** Bytes asked for in one fetch at the least, however many partitions share the limit. */
const FETCH_MIN_BYTES = 64 * 1024;

const OUT_OF_MEMORY = /^Out of Memory Error/;

function outOfMemory({ plan }: BatchRequest, cause: unknown): SluiceError {
  const message = `Batch ${plan.sequence} takes more memory than DuckDB may have (${DUCKDB_MEMORY_LIMIT}).`;
  return new SluiceError('LIMIT_EXCEEDED', message, {
    remedy: 'Lower limits.max_rows or limits.max_bytes in the table definition.',
    details: { sequence: plan.sequence, limit: 'memory' },
    cause,
  });
}

/** What is wrong with a record batch, told with the partition that it is in. */
function ofPartition(partition: number, thrown: unknown): unknown {
  if (!(thrown instanceof SluiceError)) return thrown;
  const { code, message, remedy, details, cause } = thrown;
  return new SluiceError(code, message, { ...(remedy && { remedy }), details: { partition, ...details }, cause });
}
