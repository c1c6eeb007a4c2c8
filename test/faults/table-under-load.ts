import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, WorkflowIdConflictPolicy } from '@temporalio/client';
import { auditTable } from '../../audit/audit-table.ts';
import { withAuditParts } from '../../audit/open-parts.ts';
import { loadDefinition } from '../../definition/load.ts';
import type { OwnProcess } from '../../infra/own-processes.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { HivePublisher } from '../../lake/hive/publisher.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { AuditReport } from '../../plans/audit-report.ts';
import { mainTable, rejectedTable } from '../../plans/table-shape.ts';
import { BACKGROUND_TASK_QUEUE } from '../../workflows/background-protocol.ts';
import { type CompactionReport, compactionWorkflowId } from '../../workflows/compaction-protocol.ts';
import { ingestWorkflowId, type IngestStatus, statusQuery } from '../../workflows/ingest-protocol.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from '../table-check.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { TopicWriter } from '../topic-writer.ts';
import { waitFor } from '../wait-for.ts';
import { Load } from './load.ts';
import { TestProcess } from './own-process.ts';

const TOPIC = 'server-health';
/** For everything that was written to be committed and shown, however deep the back-off of who does it. */
const RECOVERY_LIMIT_MS = 150_000;
const RECORDS_AT_ONCE = 25;

/** The real stack without Sluice's own processes, a table that is being written to, and the judgement of it. */
export class TableUnderLoad {
  readonly test: TestStack;
  readonly writer: TopicWriter;
  readonly load: Load;
  readonly #processes: TestProcess[] = [];

  private constructor(test: TestStack, writer: TopicWriter) {
    this.test = test;
    this.writer = writer;
    this.load = new Load(writer, RECORDS_AT_ONCE);
  }

  static async start(options: Partial<Parameters<typeof startTestStack>[0]> = {}): Promise<TableUnderLoad> {
    const test = await startTestStack({ own: [], ...options });
    const table = new TableUnderLoad(test, await TopicWriter.open(test.settings.kafka.brokers, TOPIC));
    table.redefine(/min_files: \d+/, 'min_files: 4');
    table.load.start();
    return table;
  }

  /** Starts one of Sluice's own processes, and waits until it is ready. */
  async run(name: OwnProcess, environment: Readonly<Record<string, string>> = {}): Promise<TestProcess> {
    const process = await TestProcess.start(this.test, name, environment);
    this.#processes.push(process);
    return process;
  }

  /** Starts one with a fault planted in it, which may strike before it is ready. */
  runFaulty(name: OwnProcess, fault: string, environment: Readonly<Record<string, string>> = {}): TestProcess {
    const process = TestProcess.startFaulty(this.test, name, fault, environment);
    this.#processes.push(process);
    return process;
  }

  async stopProcesses(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((process) => process.stop()));
  }

  async stop(): Promise<void> {
    await this.stopProcesses();
    await this.load.stop().finally(() => this.writer.close());
    await this.test.stop();
  }

  /** Waits until all that is on the topic by now is committed: the table has got over whatever befell it. */
  async recovered(limitMs: number = RECOVERY_LIMIT_MS): Promise<void> {
    await waitUntilCommitted(this.test.settings, new Map(this.writer.written), limitMs);
  }

  /**
   * Holds the load back until everything is committed and shown, then compares the table with what was written, record by
   * record, and with its topic, files and Hive by an audit, which must be clean.
   * @throws AssertionError with what differs
   */
  async judge({ uncertified = true }: { readonly uncertified?: boolean } = {}): Promise<AuditReport> {
    await this.load.stop();
    try {
      return await this.#judgeAtRest(uncertified);
    } finally {
      this.load.start();
    }
  }

  async #judgeAtRest(uncertified: boolean): Promise<AuditReport> {
    await this.recovered();
    await this.shown();
    deepEqual(await compareTables(this.test.settings, this.writer.written), NO_DIFFERENCES);
    // A service may not be back yet where all was committed before it went; the audit says what it could not look at.
    const report = await waitFor('an audit that could look at everything', RECOVERY_LIMIT_MS, async () => {
      const found = await this.audit(uncertified);
      return found.verdict === 'incomplete' ? undefined : found;
    });
    deepEqual(
      report.findings.filter(({ severity }) => severity !== 'notice'),
      [],
    );
    equal(report.verdict, 'clean');
    return report;
  }

  async audit(uncertified: boolean): Promise<AuditReport> {
    const { settings } = this.test;
    const definition = loadDefinition(settings.tablesFolder, TABLE);
    const { signal } = new AbortController();
    return withAuditParts(settings, (parts) =>
      auditTable(parts, { definition, mode: 'full', scope: { uncertified }, repair: false, signal }),
    );
  }

  /** Waits until Hive stands where both logs do. */
  async shown(): Promise<void> {
    const { settings } = this.test;
    const storage = openStorage(settings);
    const definition = loadDefinition(settings.tablesFolder, TABLE);
    const metastore = new HiveMetastore({ endpoints: settings.metastore.endpoints });
    try {
      for (const shape of [mainTable(definition), rejectedTable(definition)]) {
        const publisher = new HivePublisher({ metastore, storage, shape });
        const log = new TableLog(storage, shape.path);
        await waitFor(`Hive to show ${shape.table} as its log has it`, RECOVERY_LIMIT_MS, async () => {
          await log.refresh();
          const version = await publisher.publishedVersion().catch(() => undefined);
          return version === log.snapshot.version || undefined;
        });
      }
    } finally {
      metastore.close();
    }
  }

  /** Waits until the workflow gives a reason that holds this text, and returns what state the table is in then. */
  async told(text: string, limitMs = RECOVERY_LIMIT_MS): Promise<IngestStatus> {
    return waitFor(`the operator to be told: ${text}`, limitMs, async () => {
      const status = await this.withTemporal((client) =>
        client.withDeadline(Date.now() + 5_000, () =>
          client.workflow.getHandle(ingestWorkflowId(TABLE)).query(statusQuery),
        ),
      ).catch(() => undefined);
      return status?.reason.includes(text) === true ? status : undefined;
    });
  }

  /** Waits until that many batches more are committed. */
  async grown(commits: number): Promise<void> {
    const { settings } = this.test;
    const log = new TableLog(openStorage(settings), mainTable(loadDefinition(settings.tablesFolder, TABLE)).path);
    await log.refresh();
    const until = log.snapshot.version + commits;
    await waitFor(`${commits} more commits`, RECOVERY_LIMIT_MS, async () => {
      await log.refresh();
      return log.snapshot.version >= until || undefined;
    });
  }

  /** Changes the table's definition file. */
  redefine(from: RegExp, to: string): void {
    const file = join(this.test.settings.tablesFolder, `${TABLE}.yaml`);
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  }

  /** Paths of what says of parts of batches what they have become. */
  async manifests(): Promise<string[]> {
    const { settings } = this.test;
    const { path } = mainTable(loadDefinition(settings.tablesFolder, TABLE));
    const paths: string[] = [];
    for await (const file of openStorage(settings).list(`${path}/_sluice/manifests`)) paths.push(file.path);
    return paths;
  }

  /** Has the table compacted until there was something to rewrite. */
  async compacted(): Promise<void> {
    await waitFor('a compaction that rewrites something', RECOVERY_LIMIT_MS, async () => {
      await this.compact();
      return this.withTemporal(async (client) => {
        const report: unknown = await client.workflow.getHandle(compactionWorkflowId({ table: TABLE })).result();
        return (report as CompactionReport).rewrites > 0 || undefined;
      });
    });
  }

  /** Has the table compacted, beside whatever compacts it already. */
  async compact(): Promise<void> {
    await this.withTemporal((client) =>
      client.workflow.start('compactTable', {
        workflowId: compactionWorkflowId({ table: TABLE }),
        taskQueue: BACKGROUND_TASK_QUEUE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        args: [{ table: TABLE }],
      }),
    );
  }

  async withTemporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const connection = await Connection.connect({ address: this.test.settings.temporal.address });
    try {
      return await use(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }
}
