import { SluiceError } from '../../errors/sluice-error.ts';
import { scratchFailure } from '../../errors/scratch-failure.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { FETCH_MAX_BYTES } from '../../kafka/range-reader.ts';
import { ReadBudget } from '../../kafka/read-budget.ts';
import { readHeld } from '../../kafka/held-records.ts';
import { type RecordTaker, spoolChunks, type SpoolSegment, spoolRange } from '../../kafka/spool.ts';
import { DUCKDB_MEMORY_LIMIT, DuckDbSession, type SessionLimits } from '../../duckdb/session.ts';
import { unknownFields } from '../../plans/unknown-fields.ts';
import { type BatchRequest, type BatchResult, BatchTooLarge, type Engine } from '../engine.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { CarefulConversion } from './careful-conversion.ts';
import { DecoderInstances } from './decoder-instance.ts';
import { KeptRowsFunction } from './kept-rows.ts';
import { requirePartitionLimit } from './parquet-writer.ts';
import { PlainDecoder } from './plain-decoder.ts';
import { PlainRows } from './plain-rows.ts';
import { writePlainRows } from './plain-writer.ts';

/**
 * One thread: with two, who waits for a query spins until the other one has done it, which costs a quarter of all the CPU
 * time of a batch and gains nothing. More cores are used by more workers (`limits.shards`).
 */
const ENGINE_LIMITS: SessionLimits = { threads: 1, memoryLimit: DUCKDB_MEMORY_LIMIT };

/**
 * Turns a batch into Parquet in this process. Most records are plainly written, and become rows as they are fetched
 * (PlainDecoder); all others are spooled as NDJSON and judged by DuckDB (CarefulConversion). Either way a record becomes the same.
 */
export class DuckDbEngine implements Engine {
  readonly #cluster: KafkaCluster;
  readonly #session: DuckDbSession;
  readonly #keptRows: KeptRowsFunction;
  readonly #decoders = new DecoderInstances();

  private constructor(cluster: KafkaCluster, session: DuckDbSession) {
    this.#cluster = cluster;
    this.#session = session;
    this.#keptRows = KeptRowsFunction.register(session.connection);
  }

  static async open(cluster: KafkaCluster, limits: SessionLimits = ENGINE_LIMITS): Promise<DuckDbEngine> {
    return new DuckDbEngine(cluster, await DuckDbSession.open(limits));
  }

  async close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    // Batches of several tables are written at a time: each has its own temporary tables.
    const session = await this.#session.branch();
    try {
      return await this.#write(session, request);
    } catch (thrown) {
      request.signal.throwIfAborted();
      if (thrown instanceof SluiceError) throw thrown;
      const disk = scratchFailure(request.scratchFolder, thrown);
      if (disk !== undefined) throw disk;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      if (OUT_OF_MEMORY.test(message)) throw outOfMemory(request, thrown);
      throw new SluiceError('ENGINE_FAILED', `DuckDB failed on batch ${request.plan.sequence}: ${message}`, {
        remedy: 'The batch is tried again; if it fails for ever, see the worker’s log.',
        cause: thrown,
      });
    } finally {
      session.close();
    }
  }

  async #write(session: DuckDbSession, request: BatchRequest): Promise<BatchResult> {
    const rows = await PlainRows.create(session, this.#keptRows, request.definition, 'mixed');
    const instance = this.#decoders.take();
    try {
      return await this.#convert(session, rows, new PlainDecoder(request.definition, rows, instance), request);
    } finally {
      rows.free();
      this.#decoders.giveBack(instance);
    }
  }

  async #convert(
    session: DuckDbSession,
    rows: PlainRows,
    decoder: PlainDecoder,
    request: BatchRequest,
  ): Promise<BatchResult> {
    const { definition } = request;
    const archive = definition.archive === undefined ? undefined : await ArchiveWriter.open(session);
    const read = await this.#read(request, (record, partition) => {
      archive?.add(record, partition);
      return decoder.take(record, partition);
    });
    decoder.finish();
    requirePartitionLimit(request, definition.table, rows.periods.size);
    const plainFiles = await writePlainRows(session, rows, request);
    const careful = await new CarefulConversion(session).convert(request, read.segments, plainFiles.length);
    const files = [...plainFiles, ...careful.files];
    requirePartitionLimit(request, definition.table, partitionCount(files));
    const archiveFiles = await archive?.write(request);
    return {
      ...careful,
      ...(archiveFiles === undefined ? {} : { archiveFiles }),
      rows: rows.rows + careful.rows,
      files,
      unknownFields: unknownFields(Object.fromEntries(decoder.unknownFields), careful.unknownFields),
      fetchedBytes: read.usedBytes,
    };
  }

  /** Reads all ranges at a time. Where one fails, the others end before this does: nothing is taken any more. */
  async #read(request: BatchRequest, take: RecordTaker): Promise<{ segments: SpoolSegment[]; usedBytes: number }> {
    const { plan, scratchFolder: folder, signal } = request;
    const { maxBytes, maxRecordBytes } = request.definition.limits;
    const budget = new ReadBudget(maxBytes);
    const share = Math.floor(maxBytes / Math.max(1, plan.ranges.length));
    const fetchMaxBytes = Math.min(FETCH_MAX_BYTES, Math.max(FETCH_MIN_BYTES, share));
    const failed = new AbortController();
    const ended = AbortSignal.any([signal, failed.signal]);
    const options = { folder, signal: ended, budget, maxRecordBytes, fetchMaxBytes, take };
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
