import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFailure } from '../../errors/scratch-failure.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { FETCH_MAX_BYTES } from '../../kafka/range-reader.ts';
import { ReadBudget } from '../../kafka/read-budget.ts';
import { type SpoolSegment, spoolRange } from '../../kafka/spool.ts';
import type { RejectionReason } from '../../plans/rejection.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { type BatchRequest, type BatchResult, BatchTooLarge, type Engine, type WrittenFile } from '../engine.ts';
import { isolate, type IsolatedRecord, type RejectedRecord } from './isolation.ts';
import { writeParquet } from './parquet-writer.ts';
import { literal } from '../../duckdb/quote.ts';
import {
  acceptance,
  castRecords,
  longestLineBytes,
  rejection,
  type SpooledPartition,
  spooledRecords,
  tableRow,
} from './record-sql.ts';
import { writeRejected } from './rejected-rows.ts';
import { DUCKDB_MEMORY_LIMIT, DuckDbSession } from '../../duckdb/session.ts';

/** Turns a batch into Parquet in this process: fetched raw, spooled as NDJSON, cast and written by DuckDB. */
export class DuckDbEngine implements Engine {
  readonly #cluster: KafkaCluster;
  readonly #session: DuckDbSession;

  private constructor(cluster: KafkaCluster, session: DuckDbSession) {
    this.#cluster = cluster;
    this.#session = session;
  }

  static async open(cluster: KafkaCluster): Promise<DuckDbEngine> {
    return new DuckDbEngine(cluster, await DuckDbSession.open());
  }

  async close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    try {
      return await this.#convert(request, await this.#spool(request));
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
    }
  }

  async #spool(request: BatchRequest): Promise<SpoolSegment[]> {
    const { plan, scratchFolder: folder, signal } = request;
    const { maxBytes, maxRecordBytes } = request.definition.limits;
    const budget = new ReadBudget(maxBytes);
    const share = Math.floor(maxBytes / Math.max(1, plan.ranges.length));
    const fetchMaxBytes = Math.min(FETCH_MAX_BYTES, Math.max(FETCH_MIN_BYTES, share));
    const options = { folder, signal, budget, maxRecordBytes, fetchMaxBytes };
    const spooled = await Promise.all(
      plan.ranges.map(async ({ partition, startOffset, endOffset }) => {
        const range = { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
        try {
          return { partition, ...(await spoolRange(this.#cluster, plan.topicId, range, options)) };
        } catch (thrown) {
          throw ofPartition(partition, thrown);
        }
      }),
    );
    if (budget.isExceeded) {
      throw new BatchTooLarge(plan, maxBytes, new Map(spooled.map(({ partition, reached }) => [partition, reached])));
    }
    return spooled.flatMap(({ segments }) => segments);
  }

  async #convert(request: BatchRequest, segments: readonly SpoolSegment[]): Promise<BatchResult> {
    const { strict, suspects } = await this.#sortOut(request, segments);
    const isolated = await isolate(this.#session, request.definition, suspects);
    const cleaned = await writeLines(request.scratchFolder, isolated.lines);
    const spooled = [...partitionsOf(strict), ...cleaned];
    const lineCount = sum(strict, (segment) => segment.rowCount) + isolated.lines.length;

    const files = await this.#writeAccepted(request, spooled);
    const rows = sum(files, (file) => file.rows);
    const refused = rows === lineCount ? [] : await this.#refused(request, spooled, segments);
    if (rows + refused.length !== lineCount) {
      throw new SluiceError(
        'COUNT_MISMATCH',
        `Batch ${request.plan.sequence}: ${lineCount} records became ${rows} rows and ${refused.length} rejected.`,
      );
    }
    const rejected = [...isolated.rejected, ...refused];
    const rejectedFiles = await writeRejected(this.#session, rejected, request);
    return {
      rows,
      files,
      rejectedRows: rejected.length,
      rejectedFiles,
      unknownFields: await this.#unknownFields(request, spooled),
      fetchedBytes: sum(segments, (segment) => segment.sizeBytes),
    };
  }

  /** Strictly readable segments, and every record of the others by itself. */
  async #sortOut(
    request: BatchRequest,
    segments: readonly SpoolSegment[],
  ): Promise<{ strict: SpoolSegment[]; suspects: IsolatedRecord[] }> {
    const suspects: IsolatedRecord[] = segments.flatMap((segment) =>
      segment.odd.map((record) => ({ partition: segment.partition, ...record })),
    );
    const withLines = segments.filter((segment) => segment.rowCount > 0);
    if (withLines.length === 0) return { strict: [], suspects };
    if (await this.#readsStrictly(request, withLines)) return { strict: withLines, suspects };
    const strict: SpoolSegment[] = [];
    for (const segment of withLines) {
      if (await this.#readsStrictly(request, [segment])) strict.push(segment);
      else suspects.push(...linesOf(segment));
    }
    return { strict, suspects };
  }

  async #readsStrictly(request: BatchRequest, segments: readonly SpoolSegment[]): Promise<boolean> {
    try {
      const records = spooledRecords(request.definition, partitionsOf(segments));
      await this.#session.run(`SELECT count(*), max(o), max(r0) FROM (${records})`);
      return true;
    } catch (thrown) {
      if (thrown instanceof Error && /malformed json|json transform error/i.test(thrown.message)) return false;
      throw thrown;
    }
  }

  async #writeAccepted(request: BatchRequest, spooled: readonly SpooledPartition[]): Promise<WrittenFile[]> {
    if (spooled.length === 0) return [];
    const { definition } = request;
    const records = castRecords(definition, spooledRecords(definition, spooled));
    const select = `SELECT ${tableRow(definition)} FROM (${records}) WHERE ${acceptance(definition)}`;
    return writeParquet(this.#session, select, mainTable(definition), request);
  }

  /** The records that read well but hold what the table can't, with their original bytes. */
  async #refused(
    request: BatchRequest,
    spooled: readonly SpooledPartition[],
    segments: readonly SpoolSegment[],
  ): Promise<RejectedRecord[]> {
    const { definition } = request;
    const records = castRecords(definition, spooledRecords(definition, spooled));
    const rows = await this.#session.rows(
      `SELECT p, o, x.reason AS reason, x.detail AS detail
       FROM (SELECT p, o, ${rejection(definition)} AS x FROM (${records})) WHERE x IS NOT NULL`,
    );
    const verdicts = new Map(rows.map((row) => [`${String(row['p'])}/${String(row['o'])}`, row]));
    const refused: RejectedRecord[] = [];
    for (const segment of segments) {
      for (const record of [
        ...segment.odd.map((odd) => ({ partition: segment.partition, ...odd })),
        ...linesOf(segment),
      ]) {
        const verdict = verdicts.get(`${record.partition}/${record.offset}`);
        if (verdict === undefined) continue;
        refused.push({ ...record, reason: verdict['reason'] as RejectionReason, detail: String(verdict['detail']) });
      }
    }
    return refused;
  }

  async #unknownFields(
    request: BatchRequest,
    spooled: readonly SpooledPartition[],
  ): Promise<Readonly<Record<string, number>>> {
    if (spooled.length === 0) return {};
    const known = ['~o', '~t', ...request.definition.columns.map((column) => column.name)].map(literal).join(', ');
    const paths = spooled
      .flatMap((partition) => partition.paths)
      .map(literal)
      .join(', ');
    const rows = await this.#session.rows(
      `SELECT name, count(*) AS records
       FROM (SELECT unnest(list_distinct(json_keys(json))) AS name
             FROM read_ndjson_objects([${paths}], maximum_object_size = ${longestLineBytes(request.definition)}))
       WHERE name NOT IN (${known}) GROUP BY name ORDER BY records DESC, name LIMIT ${MAX_UNKNOWN_FIELDS}`,
    );
    return Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['records'])]));
  }
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

/** Unknown fields counted in one batch; those with the most records are kept. */
export const MAX_UNKNOWN_FIELDS = 100;

function partitionsOf(segments: readonly SpoolSegment[]): SpooledPartition[] {
  const paths = Map.groupBy(segments, (segment) => segment.partition);
  return [...paths].map(([partition, of]) => ({ partition, paths: of.map((segment) => segment.path) }));
}

function linesOf(segment: SpoolSegment): IsolatedRecord[] {
  const records: IsolatedRecord[] = [];
  const odd = new Set(segment.odd.map((record) => record.offset));
  segment.records((record) => {
    if (!odd.has(record.offset)) records.push({ partition: segment.partition, ...record });
  });
  return records;
}

async function writeLines(
  folder: string,
  lines: readonly { readonly partition: number; readonly line: string }[],
): Promise<SpooledPartition[]> {
  const written: SpooledPartition[] = [];
  for (const [partition, of] of Map.groupBy(lines, (line) => line.partition)) {
    const path = join(folder, `isolated-${partition}.ndjson`);
    await writeFile(path, of.map(({ line }) => line).join(''));
    written.push({ partition, paths: [path] });
  }
  return written;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
