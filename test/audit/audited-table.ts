import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IngestParts } from '../../activities/ingest-parts.ts';
import { IngestTable } from '../../activities/ingest-table.ts';
import type { AuditParts, AuditRequest, AuditScope } from '../../audit/audit-parts.ts';
import { auditTable } from '../../audit/audit-table.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { loadDefinition } from '../../definition/load.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { DuckDbEngine } from '../../engines/duckdb/duckdb-engine.ts';
import { ensureTopic, type TopicSpecification } from '../../kafka/admin.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { HivePublisher } from '../../lake/hive/publisher.ts';
import type { Action, AddFile } from '../../lake/log/actions.ts';
import { rowCountOf } from '../../lake/log/snapshot.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { maintainedTables } from '../../plans/maintained-table.ts';
import { archiveTable, mainTable, rejectedTable, type TableShape } from '../../plans/table-shape.ts';
import type { Settings } from '../../settings/settings.ts';
import { expire } from '../decisions/surprising-topic.ts';
import { TopicWriter } from '../topic-writer.ts';

export const PARTITIONS = 3;

/** A Parquet file that a test wrote; `path` is relative to the table's folder. */
export interface HandmadeFile {
  readonly path: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly rows: number;
}

/** A file as SQL reads it. */
export function read(file: string): string {
  return `read_parquet(${literal(file)}, hive_partitioning = false)`;
}

/** A table of its own topic, in a lake of its own, filled step by step by the code that ingestion runs. */
export class AuditedTable {
  definition: TableDefinition;
  readonly parts: AuditParts;
  readonly writer: TopicWriter;
  readonly lakeFolder: string;
  readonly settings: Settings;
  readonly #tablesFolder: string;

  private constructor(
    settings: Settings,
    tablesFolder: string,
    definition: TableDefinition,
    parts: AuditParts,
    writer: TopicWriter,
  ) {
    this.settings = settings;
    this.#tablesFolder = tablesFolder;
    this.definition = definition;
    this.parts = parts;
    this.writer = writer;
    this.lakeFolder = fileURLToPath(settings.lakeUri);
  }

  get shape(): TableShape {
    return mainTable(this.definition);
  }

  get rejectedShape(): TableShape {
    return rejectedTable(this.definition);
  }

  get archiveShape(): TableShape {
    return archiveTable(this.definition);
  }

  static async create(
    stack: Settings,
    options: {
      readonly change?: (definition: string) => string;
      /** In the stack's own lake and folder of definitions, where its workers look. */
      readonly inStack?: boolean;
      readonly topic?: Partial<Omit<TopicSpecification, 'topic'>>;
      /** What the brokers know its reader as. */
      readonly clientId?: string;
    } = {},
  ): Promise<AuditedTable> {
    const id = randomUUID().slice(0, 8);
    const folder = join(stack.home, `audit-${id}`);
    const own = { lakeUri: `file://${folder}/lake`, tablesFolder: join(folder, 'tables') };
    const settings = options.inStack === true ? stack : { ...stack, ...own };
    const table = `health_${id}`;
    const yaml = readFileSync(new URL('../../tables/server_health.yaml', import.meta.url), 'utf8')
      .replace('table: server_health', `table: ${table}`)
      .replace('topic: server-health', `topic: health-${id}`);
    mkdirSync(settings.tablesFolder, { recursive: true });
    writeFileSync(join(settings.tablesFolder, `${table}.yaml`), (options.change ?? ((text) => text))(yaml));
    const definition = loadDefinition(settings.tablesFolder, table);
    await ensureTopic(settings.kafka, {
      topic: definition.source.topic,
      partitions: PARTITIONS,
      replicationFactor: 1,
      ...options.topic,
    });
    const cluster = new KafkaCluster(settings.kafka, options.clientId ?? 'test');
    const parts: AuditParts = {
      storage: openStorage(settings),
      cluster,
      engine: new DuckDbEngine(cluster),
      metastore: new HiveMetastore({ endpoints: settings.metastore.endpoints }),
      // Nobody writes these tables during an audit: Hive needs no time to come up with the log.
      clock: { ...SYSTEM_CLOCK, sleep: (_, signal) => SYSTEM_CLOCK.sleep(10, signal) },
    };
    const writer = await TopicWriter.open(settings.kafka.brokers, definition.source.topic);
    return new AuditedTable(settings, settings.tablesFolder, definition, parts, writer);
  }

  /** The steps of ingestion, for who wants to do them one by one. */
  async open(parts: Partial<IngestParts> = {}): Promise<IngestTable> {
    const { storage, cluster, engine, clock } = this.parts;
    const attemptName = (): string => randomUUID().slice(0, 8);
    const own = { storage, cluster, engine, tablesFolder: this.#tablesFolder, clock, attemptName };
    return IngestTable.open({ ...own, ...parts }, this.definition.table, AbortSignal.timeout(60_000));
  }

  /** Commits what Kafka holds, batch by batch, and publishes it. */
  async ingest(): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const table = await this.open();
    for (let planned = await table.plan(signal); planned !== undefined; planned = await table.plan(signal)) {
      await table.commit(await table.writeAndSeal(planned.plan, signal), []);
    }
    await this.publish();
  }

  async publish(): Promise<void> {
    for (const { shape } of maintainedTables(this.definition)) {
      const log = await this.log(shape);
      const publisher = new HivePublisher({ metastore: this.parts.metastore, storage: this.parts.storage, shape });
      await publisher.ensureTable();
      await publisher.reconcile([...log.snapshot.files.values()], log.snapshot.version);
    }
  }

  async log(shape: TableShape = this.shape): Promise<TableLog> {
    const log = new TableLog(this.parts.storage, shape.path);
    await log.refresh();
    return log;
  }

  /** Writes a Parquet file of the table by hand: it is in storage, and nothing knows of it. */
  async writeParquet(name: string, select: string, shape: TableShape = this.shape): Promise<HandmadeFile> {
    const path = `data/${name}`;
    const file = join(this.lakeFolder, shape.path, path);
    await DuckDbSession.once(`COPY (${select}) TO ${literal(file)} (FORMAT parquet, COMPRESSION zstd)`);
    const [counted] = await DuckDbSession.once(`SELECT count(*) AS rows FROM ${read(file)}`);
    return { path, file, sizeBytes: statSync(file).size, rows: Number(counted?.['rows']) };
  }

  /** Damages the table through its log: a live file is replaced by another, or gets it beside. */
  async commitByHand(
    like: AddFile,
    added: readonly HandmadeFile[],
    options: { readonly keep?: boolean; readonly shape?: TableShape } = {},
  ): Promise<void> {
    const log = await this.log(options.shape);
    const remove = { path: like.path, deletionTimestamp: Date.now(), dataChange: true };
    const actions: Action[] = options.keep === true ? [] : [{ remove }];
    for (const { path, sizeBytes, rows } of added) {
      actions.push({ add: { ...like, path, size: sizeBytes, stats: JSON.stringify({ numRecords: rows }) } });
    }
    if (!(await log.create(actions))) throw new Error('the log has gone on meanwhile');
    if (options.keep !== true) this.#unlinkInHive(like, options.shape ?? this.shape);
    await this.publish();
  }

  /** A rewrite of ours gives the partition another directory instead. */
  #unlinkInHive({ path, partitionValues }: AddFile, shape: TableShape): void {
    const partition = shape.partitionColumns.map(({ name }) => `${name}=${partitionValues[name] ?? ''}`).join('/');
    const folder = join(this.lakeFolder, shape.path, partition);
    for (const directory of readdirSync(folder)) rmSync(join(folder, directory, basename(path)), { force: true });
  }

  /** The live file with most of a batch's rows, and where it lies. */
  async fileOfBatch(sequence: number, shape: TableShape = this.shape): Promise<AddFile & { readonly file: string }> {
    const prefix = `data/b${String(sequence).padStart(10, '0')}-`;
    const files = [...(await this.log(shape)).snapshot.files.values()].filter(({ path }) => path.startsWith(prefix));
    const [largest] = files.sort((a, b) => rowCountOf(b) - rowCountOf(a));
    if (largest === undefined) throw new Error(`batch ${sequence} has no file`);
    return { ...largest, file: join(this.lakeFolder, shape.path, largest.path) };
  }

  /** A file's rows, values as JSON has them. */
  async parquetRows(file: string): Promise<Record<string, unknown>[]> {
    return DuckDbSession.once(`SELECT * FROM ${read(file)}`);
  }

  isGood(partition: number, offset: number): boolean {
    const record = this.writer.written.get(`${partition}/${offset}`);
    return record !== undefined && record.rejectedFor === undefined;
  }

  /** The first offset from here on whose record is a row. */
  goodOffset(partition: number, from: number): number {
    let offset = from;
    while (!this.isGood(partition, offset)) offset += 1;
    return offset;
  }

  async audit(scope: AuditScope = {}, options: Partial<AuditRequest> = {}): Promise<AuditReport> {
    const signal = AbortSignal.timeout(120_000);
    const request = { definition: this.definition, mode: 'full', scope, repair: false, signal } as const;
    return auditTable(this.parts, { ...request, ...options });
  }

  async auditWith(parts: Partial<AuditParts>): Promise<AuditReport> {
    const signal = AbortSignal.timeout(120_000);
    const request = { definition: this.definition, mode: 'full', scope: {}, repair: false, signal } as const;
    return auditTable({ ...this.parts, ...parts }, request);
  }

  /** Deletes a partition's records before this offset, as retention does. */
  async expire(partition: number, before: bigint): Promise<void> {
    const cluster = new KafkaCluster(this.settings.kafka, 'test');
    await expire(cluster, this.definition.source.topic, before, partition);
    await cluster.close();
  }

  /** Changes the definition's file, as an operator would. */
  redefine(change: (definition: string) => string): void {
    const { table } = this.definition;
    const file = join(this.#tablesFolder, `${table}.yaml`);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    this.definition = loadDefinition(this.#tablesFolder, table);
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.parts.engine.close();
    this.parts.metastore.close();
    await this.parts.cluster.close();
  }
}
