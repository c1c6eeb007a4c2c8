import { join } from 'node:path';
import { DuckDbSession } from '../../duckdb/session.ts';
import { asSluiceError, SluiceError } from '../../errors/sluice-error.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { unknownFields } from '../../plans/unknown-fields.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { SparkSettings } from '../../settings/spark-settings.ts';
import { CarefulConversion } from '../duckdb/careful-conversion.ts';
import type { BatchRequest, BatchResult, Engine, WrittenFile } from '../engine.ts';
import { arrowRows } from './arrow-rows.ts';
import { BatchOperation, type BatchTotals, TOTALS, totalsOf } from './batch-operation.ts';
import { ConnectClient } from './connect-client.ts';
import { HandleLost, OperationFailed } from './connect-failure.ts';
import { ConnectSession } from './connect-session.ts';
import { checkRanges, checkTopic } from './held-ranges.ts';
import { loginSecrets } from './kafka-login.ts';
import { operationIds } from './operation-id.ts';
import { recordOf, segmentsOf } from './rest-records.ts';
import { SESSION_SETTINGS } from './session-settings.ts';
import { filesIn, takeOver } from './spark-files.ts';

/** Operations of one batch that failed or were lost; each attempt begins after them. */
export const MAX_GENERATIONS = 1_000;

export interface SparkEngineOptions {
  readonly spark: SparkSettings;
  readonly kafka: KafkaSettings;
  /** Names this lake among all that use the same server. */
  readonly lakeUri: string;
}

/**
 * Turns a batch into Parquet on a Spark cluster, over Spark Connect. Spark reads Kafka itself and writes what is written
 * plainly; the rest comes here and is judged as every engine's is. The scratch folder must be one that Spark's
 * executors can write to.
 */
export class SparkEngine implements Engine {
  readonly #cluster: KafkaCluster;
  readonly #options: SparkEngineOptions;
  readonly #client: ConnectClient;
  readonly #session: DuckDbSession;

  private constructor(cluster: KafkaCluster, options: SparkEngineOptions, session: DuckDbSession) {
    this.#cluster = cluster;
    this.#options = options;
    this.#client = new ConnectClient(options.spark);
    this.#session = session;
  }

  /** @throws SluiceError SETTINGS_INVALID, TOOL_MISSING */
  static async open(cluster: KafkaCluster, options: SparkEngineOptions): Promise<SparkEngine> {
    const { kafka, spark } = options;
    if (Object.keys(loginSecrets(kafka)).length > 0 && spark.kafkaPropertiesFile === undefined) {
      throw new SluiceError('SETTINGS_INVALID', 'Kafka asks for a log-in, and Spark has none.', {
        remedy: 'Set SLUICE_SPARK_KAFKA_PROPERTIES to a file on Spark’s machines; docs/engines.md says what is in it.',
      });
    }
    return new SparkEngine(cluster, options, await DuckDbSession.open());
  }

  async close(): Promise<void> {
    this.#client.close();
    this.#session.close();
    return Promise.resolve();
  }

  async write(request: BatchRequest): Promise<BatchResult> {
    const { plan, shard = 0, definition, signal } = request;
    const { kafka, spark } = this.#options;
    signal.throwIfAborted();
    await checkTopic(this.#cluster, plan, signal);
    if (plan.ranges.every(({ startOffset, endOffset }) => startOffset === endOffset)) return NOTHING;
    const operation = new BatchOperation(request, { kafka, loginFile: spark.kafkaPropertiesFile });
    const { sequence, revision, topicId, ranges } = plan;
    const batch = { sequence, revision, shard, ranges, purpose: request.purpose };
    const key = { lake: this.#options.lakeUri, topicId, table: definition.table, ...batch };
    for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
      const result = await this.#try(request, operation, operationIds({ ...key, generation }));
      if (result === undefined) continue;
      await checkTopic(this.#cluster, plan, signal);
      return result;
    }
    throw new SluiceError('ENGINE_FAILED', `Batch ${sequence} has been lost on Spark ${MAX_GENERATIONS} times.`);
  }

  /** Undefined where these ids' operation can't be had any more: then it is begun anew under the next ones. */
  async #try(
    request: BatchRequest,
    operation: BatchOperation,
    ids: { readonly sessionId: string; readonly operationId: string },
  ): Promise<BatchResult | undefined> {
    const { signal } = request;
    const session = new ConnectSession(this.#client, ids.sessionId);
    const folder = join(request.scratchFolder, `spark-${ids.operationId}`);
    try {
      await session.configure(SESSION_SETTINGS, signal);
      const { metrics } = await session.run(ids.operationId, operation.write(folder), signal, request.report);
      const totals = totalsOf(metrics[TOTALS] ?? {});
      // The operation was another attempt's, and wrote where that one said.
      if (totals.plain > 0 && totals.folder !== folder && !(await takeOver(totals.folder, folder))) return undefined;
      return await this.#finish(request, operation, { session, totals, folder });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof HandleLost || (thrown instanceof OperationFailed && thrown.joined)) return undefined;
      throw await this.#failureOf(request, thrown);
    } finally {
      await session.release();
    }
  }

  async #finish(request: BatchRequest, operation: BatchOperation, written: Written): Promise<BatchResult> {
    const { totals } = written;
    const { plan, definition } = request;
    requireWithin(plan, totals);
    const [left, judged, extra] = await Promise.all([
      filesIn(written.folder, mainTable(definition), this.#session),
      this.#judgeRest(request, operation, written),
      this.#extraFields(request, operation, written),
    ]);
    const plain = left.reduce((sum, file) => sum + file.rows, 0);
    if (plain !== totals.plain)
      throw mismatch(plan, `${totals.plain} rows were written, and ${plain} are in the files`);
    const files = [...left, ...judged.files].map((file, index) => ({
      ...file,
      path: batchFilePath({ ...plan, shard: request.shard ?? 0 }, request.attempt, index),
    }));
    requirePartitions(request, files);
    return {
      rows: plain + judged.rows,
      files,
      rejectedRows: judged.rejectedRows,
      rejectedFiles: judged.rejectedFiles,
      unknownFields: unknownFields(extra, judged.unknownFields),
      fetchedBytes: totals.sizeBytes,
    };
  }

  /** What Spark could not decide by itself, by the judge that DuckDB's engine has. */
  async #judgeRest(
    request: BatchRequest,
    operation: BatchOperation,
    { session, totals }: Written,
  ): Promise<Omit<BatchResult, 'fetchedBytes'>> {
    const expected = totals.records - totals.plain;
    if (expected === 0) return NOTHING;
    const { batches } = await session.run(crypto.randomUUID(), operation.rest(), request.signal);
    const records = [...arrowRows(batches)].map(recordOf);
    if (records.length !== expected) {
      throw mismatch(request.plan, `${expected} records were left to be judged, and ${records.length} came`);
    }
    // Batches of several tables are judged at a time: each has its own temporary tables.
    const judging = await this.#session.branch();
    try {
      return await new CarefulConversion(judging).convert(request, segmentsOf(records), 0);
    } finally {
      judging.close();
    }
  }

  async #extraFields(
    request: BatchRequest,
    operation: BatchOperation,
    { session, totals }: Written,
  ): Promise<Readonly<Record<string, number>>> {
    if (totals.withExtra === 0) return {};
    const { batches } = await session.run(crypto.randomUUID(), operation.extraFields(), request.signal);
    return Object.fromEntries([...arrowRows(batches)].map(({ name, records }) => [String(name), Number(records)]));
  }

  /** What it means that Spark has failed: mostly that Kafka does not hold what is planned. */
  async #failureOf(request: BatchRequest, thrown: unknown): Promise<SluiceError> {
    const { plan, signal } = request;
    if (thrown instanceof SluiceError) return thrown;
    const known = await checkRanges(this.#cluster, plan, signal)
      .then(() => checkTopic(this.#cluster, plan, signal))
      .then(
        () => undefined,
        (error: unknown) => asSluiceError(error),
      );
    if (known !== undefined) return known;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new SluiceError('ENGINE_FAILED', `Spark failed on batch ${plan.sequence}: ${firstLines(message)}`, {
      remedy: 'The batch is tried again; if it fails for ever, see the logs of Spark and of the worker.',
      cause: thrown,
    });
  }
}

interface Written {
  readonly session: ConnectSession;
  readonly totals: BatchTotals;
  readonly folder: string;
}

const NOTHING: BatchResult = {
  rows: 0,
  files: [],
  rejectedRows: 0,
  rejectedFiles: [],
  unknownFields: {},
  fetchedBytes: 0,
};

/** Spark's messages go on with stack traces. */
const MESSAGE_LINES = 3;

function firstLines(message: string): string {
  return message.split('\n').slice(0, MESSAGE_LINES).join(' ');
}

function requireWithin(plan: BatchPlan, { partitions, records }: BatchTotals): void {
  const ranges = new Map(plan.ranges.map((range) => [range.partition, range]));
  let counted = 0;
  for (const [partition, { records: some, first, last }] of partitions) {
    const range = ranges.get(partition);
    const within = range !== undefined && first >= BigInt(range.startOffset) && last < BigInt(range.endOffset);
    if (!within)
      throw mismatch(plan, `offsets ${String(first)} to ${String(last)} of partition ${partition} were not planned`);
    counted += some;
  }
  if (counted !== records)
    throw mismatch(plan, `${records} records were read, ${counted} of them from planned partitions`);
}

function requirePartitions({ plan, definition }: BatchRequest, files: readonly WrittenFile[]): void {
  const partitions = new Set(files.map(({ partitionValues }) => JSON.stringify(partitionValues))).size;
  const { maxPartitions } = definition.limits;
  if (partitions <= maxPartitions) return;
  throw new SluiceError(
    'LIMIT_EXCEEDED',
    `Batch ${plan.sequence} of ${definition.table} falls into ${partitions} partitions, above the limit of ${maxPartitions}.`,
    { remedy: 'Raise limits.max_partitions in the table definition, or lower limits.max_rows.' },
  );
}

function mismatch(plan: BatchPlan, what: string): SluiceError {
  return new SluiceError('COUNT_MISMATCH', `Batch ${plan.sequence} on Spark: ${what}.`, {
    remedy: 'Nothing was committed, and it is tried again; if it fails for ever, see the worker’s log.',
  });
}
