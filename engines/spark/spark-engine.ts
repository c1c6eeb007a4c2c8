import { join } from 'node:path';
import { DuckDbSession } from '../../duckdb/session.ts';
import { asSluiceError, SluiceError } from '../../errors/sluice-error.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import { loginSecrets } from '../../kafka/java-client-login.ts';
import { JOINABLE_PREFIX } from '../../plans/joinable-work.ts';
import { batchFilePath } from '../../plans/table-paths.ts';
import { archiveTable, mainTable, type TableShape } from '../../plans/table-shape.ts';
import { unknownFields } from '../../plans/unknown-fields.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import type { SparkSettings } from '../../settings/spark-settings.ts';
import { CarefulConversion } from '../duckdb/careful-conversion.ts';
import { requirePartitionLimit } from '../duckdb/parquet-writer.ts';
import type { BatchRequest, BatchResult, Engine, WrittenFile } from '../engine.ts';
import { arrowRows } from './arrow-rows.ts';
import { ARCHIVED, BatchOperation, TOTALS } from './batch-operation.ts';
import { mismatch, requireSameRecords, requireWithin } from './batch-totals.ts';
import { ConnectClient } from './connect-client.ts';
import { HandleLost, OperationFailed } from './connect-failure.ts';
import { ConnectSession } from './connect-session.ts';
import { checkRanges, checkTopic } from './held-ranges.ts';
import { Losses, noIdLeft } from './losses.ts';
import { type OperationIds, operationIds } from './operation-id.ts';
import { filesOf, type OperationOutput, outputOf } from './operation-output.ts';
import { recordOf, segmentsOf } from './rest-records.ts';
import { SESSION_SETTINGS } from './session-settings.ts';
import type { LeftFile } from './spark-files.ts';

/** Ids of one batch's operations, each of which can be used once: more than a server remembers to have ended (1,000 sessions by default). */
export const MAX_GENERATIONS = 2_000;

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
    if (plan.ranges.every(({ startOffset, endOffset }) => startOffset === endOffset)) {
      return definition.archive === undefined ? NOTHING : { ...NOTHING, archiveFiles: [] };
    }
    const operation = new BatchOperation(request, { kafka, loginFile: spark.kafkaPropertiesFile });
    const { sequence, revision, topicId, ranges } = plan;
    const batch = { sequence, revision, shard, ranges, purpose: request.purpose };
    const key = { lake: this.#options.lakeUri, topicId, table: definition.table, ...batch };
    const losses = new Losses(plan, signal);
    for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
      const result = await this.#try(request, operation, operationIds({ ...key, generation }));
      if (result instanceof HandleLost && result.endedBefore) continue;
      if (result instanceof Error) await losses.bear(result);
      else {
        await checkTopic(this.#cluster, plan, signal);
        return result;
      }
    }
    throw noIdLeft(plan, definition.table, MAX_GENERATIONS);
  }

  /** A loss where what these ids name can't be had any more: then it is begun anew under the next ones. */
  async #try(
    request: BatchRequest,
    operation: BatchOperation,
    ids: OperationIds,
  ): Promise<BatchResult | HandleLost | OperationFailed> {
    const { signal, scratchFolder, report } = request;
    const session = new ConnectSession(this.#client, ids.sessionId);
    const folder = (operationId: string): string => join(scratchFolder, `${JOINABLE_PREFIX}${operationId}`);
    const { operationId, archivingId } = ids;
    const [rowsFolder, archiveFolder] = [folder(operationId), folder(archivingId)];
    try {
      await session.configure(SESSION_SETTINGS, signal);
      const [rows, archive] = await Promise.all([
        outputOf(session.run(operationId, operation.write(rowsFolder), signal, report), TOTALS, rowsFolder),
        request.definition.archive &&
          outputOf(session.run(archivingId, operation.archive(archiveFolder), signal), ARCHIVED, archiveFolder),
      ]);
      const result = await this.#finish(request, operation, { session, ...rows });
      return archive === undefined ? result : { ...result, archiveFiles: await this.#archived(request, rows, archive) };
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof HandleLost || (thrown instanceof OperationFailed && thrown.joined)) return thrown;
      throw await this.#failureOf(request, thrown);
    } finally {
      await session.release();
    }
  }

  async #finish(request: BatchRequest, operation: BatchOperation, written: InSession): Promise<BatchResult> {
    const { plan, definition } = request;
    const { totals } = written;
    requireWithin(plan, totals);
    const [left, judged, extra] = await Promise.all([
      filesOf(plan, written, mainTable(definition), this.#session),
      this.#judgeRest(request, operation, written),
      this.#extraFields(request, operation, written),
    ]);
    return {
      rows: totals.plain + judged.rows,
      files: named(request, mainTable(definition), [...left, ...judged.files]),
      rejectedRows: judged.rejectedRows,
      rejectedFiles: judged.rejectedFiles,
      unknownFields: unknownFields(extra, judged.unknownFields),
      fetchedBytes: totals.sizeBytes,
    };
  }

  async #archived(request: BatchRequest, rows: OperationOutput, archive: OperationOutput): Promise<WrittenFile[]> {
    const { plan, definition } = request;
    requireSameRecords(plan, rows.totals, archive.totals);
    const shape = archiveTable(definition);
    return named(request, shape, await filesOf(plan, archive, shape, this.#session));
  }

  /** What Spark could not decide by itself, by the judge that DuckDB's engine has. */
  async #judgeRest(
    request: BatchRequest,
    operation: BatchOperation,
    { session, totals }: InSession,
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
    { session, totals }: InSession,
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

interface InSession extends OperationOutput {
  readonly session: ConnectSession;
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

/** With their names in the table. @throws SluiceError LIMIT_EXCEEDED where they are of too many partitions */
function named(request: BatchRequest, { table }: TableShape, files: readonly LeftFile[]): WrittenFile[] {
  const partitions = new Set(files.map(({ partitionValues }) => JSON.stringify(partitionValues)));
  requirePartitionLimit(request, table, partitions.size);
  const { plan, attempt, shard = 0 } = request;
  return files.map((file, index) => ({ ...file, path: batchFilePath({ ...plan, shard }, attempt, index) }));
}
