import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { IngestTable } from '../../activities/ingest-table.ts';
import type { AuditParts, AuditRequest, AuditScope } from '../../audit/audit-parts.ts';
import { auditTable } from '../../audit/audit-table.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { loadDefinition } from '../../definition/load.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { DuckDbEngine } from '../../engines/duckdb/duckdb-engine.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { HivePublisher } from '../../lake/hive/publisher.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { mainTable, rejectedTable, type TableShape } from '../../plans/table-shape.ts';
import type { Settings } from '../../settings/settings.ts';
import { TopicWriter } from '../topic-writer.ts';

export const PARTITIONS = 3;

/** A table of its own topic, in a lake of its own, filled step by step by the code that ingestion runs. */
export class AuditedTable {
  readonly definition: TableDefinition;
  readonly parts: AuditParts;
  readonly writer: TopicWriter;
  readonly shape: TableShape;
  readonly rejectedShape: TableShape;
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
    this.shape = mainTable(definition);
    this.rejectedShape = rejectedTable(definition);
    this.lakeFolder = fileURLToPath(settings.lakeUri);
  }

  static async create(
    stack: Settings,
    options: {
      readonly change?: (definition: string) => string;
      readonly topicConfig?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<AuditedTable> {
    const id = randomUUID().slice(0, 8);
    const folder = join(stack.home, `audit-${id}`);
    const settings = { ...stack, lakeUri: `file://${folder}/lake`, tablesFolder: join(folder, 'tables') };
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
      ...(options.topicConfig === undefined ? {} : { config: options.topicConfig }),
    });
    const cluster = new KafkaCluster(settings.kafka, 'test');
    const parts: AuditParts = {
      storage: openStorage(settings),
      cluster,
      engine: await DuckDbEngine.open(cluster),
      metastore: new HiveMetastore({ endpoints: settings.metastore.endpoints }),
      clock: SYSTEM_CLOCK,
    };
    const writer = await TopicWriter.open(settings.kafka.brokers, definition.source.topic);
    return new AuditedTable(settings, settings.tablesFolder, definition, parts, writer);
  }

  /** Commits what Kafka holds, batch by batch, and publishes it. */
  async ingest(): Promise<void> {
    const { storage, cluster, engine, clock } = this.parts;
    const attemptName = (): string => randomUUID().slice(0, 8);
    const parts = { storage, cluster, engine, tablesFolder: this.#tablesFolder, clock, attemptName };
    const signal = AbortSignal.timeout(60_000);
    const table = await IngestTable.open(parts, this.definition.table, signal);
    for (let planned = await table.plan(signal); planned !== undefined; planned = await table.plan(signal)) {
      await table.commit(await table.writeAndSeal(planned.plan, signal), []);
    }
    await this.publish();
  }

  async publish(): Promise<void> {
    for (const shape of [this.shape, this.rejectedShape]) {
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

  /** Live files' absolute paths, in the order that the log has them. */
  async liveFiles(shape: TableShape = this.shape): Promise<string[]> {
    const log = await this.log(shape);
    return [...log.snapshot.files.keys()].map((path) => join(this.lakeFolder, shape.path, path));
  }

  async audit(scope: AuditScope = {}, options: Partial<AuditRequest> = {}): Promise<AuditReport> {
    const signal = AbortSignal.timeout(120_000);
    const request = { definition: this.definition, mode: 'full', scope, repair: false, signal } as const;
    return auditTable(this.parts, { ...request, ...options });
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.parts.engine.close();
    this.parts.metastore.close();
    await this.parts.cluster.close();
  }
}
