import type { MetricTags } from '@temporalio/common';
import type { Clock } from '../clock/clock.ts';
import { readDefinitions } from '../definition/load.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { AuditFiles } from '../lake/audit-files.ts';
import { compactionFiles } from '../lake/compaction-files.ts';
import { TableLog } from '../lake/log/table-log.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { planCompaction } from '../plans/compaction.ts';
import { FINDING_KINDS, type FindingKind, type Severity } from '../plans/finding.ts';
import { type MaintainedTable, maintainedTables } from '../plans/maintained-table.ts';
import type { Instruments } from './instruments.ts';

/** How often the lake is looked at. */
export const LAKE_MEASURED_EVERY_MS = 30_000;

export interface LakeMeasureParts {
  readonly storage: Storage;
  readonly tablesFolder: string;
  readonly clock: Clock;
  readonly instruments: Instruments;
}

/** What the background worker measures of the lake itself: how large tables are, what is left to compact, what is certified. */
export class LakeMeasures {
  readonly #parts: LakeMeasureParts;
  readonly #logs = new Map<string, TableLog>();

  constructor(parts: LakeMeasureParts) {
    this.#parts = parts;
  }

  /** Looks at every table once. One that cannot be read keeps none of the others from being looked at. */
  async measure(): Promise<void> {
    for (const definition of readDefinitions(this.#parts.tablesFolder).definitions) {
      const tags = { table: definition.table };
      try {
        for (const table of maintainedTables(definition)) await this.#measureTable(table);
        await this.#measureAudits(definition);
        this.#gauge('sluice_lake_readable', 1, LAKE_READABLE, tags);
      } catch {
        // Whoever works on the table says what is wrong with it; here it is only that nothing can be said.
        this.#gauge('sluice_lake_readable', 0, LAKE_READABLE, tags);
      }
    }
  }

  async #measureTable({ shape, compaction }: MaintainedTable): Promise<void> {
    const tags = { table: shape.table };
    // What has not happened yet is 0 and not absent: else its first time would be no increase.
    for (const outcome of ['rewritten', 'conflict']) countRewrites(this.#parts.instruments, shape.table, outcome, 0);
    countRewrittenBytes(this.#parts.instruments, shape.table, 0);
    const log = this.#logs.get(shape.path) ?? new TableLog(this.#parts.storage, shape.path);
    this.#logs.set(shape.path, log);
    await log.refresh();
    if (log.snapshot.version < 0) return;
    const files = compactionFiles(log.snapshot);
    const columns = shape.partitionColumns.map(({ name }) => name);
    const { units } = planCompaction(files, columns, compaction, this.#parts.clock.nowMs());
    const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((s, item) => s + of(item), 0);
    this.#gauge('sluice_log_version', log.snapshot.version, 'Newest version of the log', tags);
    this.#gauge('sluice_table_files', files.length, 'Live files', tags);
    this.#gauge(
      'sluice_table_rows',
      sum(files, ({ rows }) => rows),
      'Rows in live files',
      tags,
    );
    this.#gauge(
      'sluice_table_bytes',
      sum(files, ({ sizeBytes }) => sizeBytes),
      'Bytes of live files',
      tags,
    );
    const debtFiles = sum(units, (unit) => unit.files.length);
    this.#gauge('sluice_compaction_debt_files', debtFiles, 'Files that are worth rewriting now', tags);
    this.#gauge(
      'sluice_compaction_debt_bytes',
      sum(units, ({ sizeBytes }) => sizeBytes),
      'Their bytes',
      tags,
    );
  }

  async #measureAudits({ table, database }: TableDefinition): Promise<void> {
    const tags = { table };
    const audits = new AuditFiles(this.#parts.storage, `${database}/${table}`);
    const certificate = await audits.newestCertificate();
    if (certificate !== undefined) {
      const atSeconds = certificate.certifiedAtMs / 1000;
      this.#gauge('sluice_certificate_timestamp_seconds', atSeconds, 'When the newest certificate was given', tags);
    }
    const report = await audits.newerReport('');
    if (report === undefined) return;
    this.#gauge('sluice_audit_timestamp_seconds', report.endedAtMs / 1000, 'When the newest audit ended', tags);
    const found: Record<Severity, number> = { error: 0, warning: 0, notice: 0 };
    for (const [kind, count] of Object.entries(report.counts)) {
      found[FINDING_KINDS[kind as FindingKind].severity] += count;
    }
    for (const [severity, count] of Object.entries(found)) {
      this.#gauge('sluice_audit_findings', count, 'Findings of the newest audit', { ...tags, severity });
    }
  }

  #gauge(name: string, value: number, description: string, tags: MetricTags): void {
    this.#parts.instruments.gauge(name, description, value, tags);
  }
}

/** Rewrites of a table by what became of them. */
export function countRewrites(
  instruments: Instruments | undefined,
  table: string,
  outcome: string,
  count: number,
): void {
  instruments?.count('sluice_rewrites', 'Rewrites, by what became of them', count, { table, outcome });
}

export function countRewrittenBytes(instruments: Instruments | undefined, table: string, bytes: number): void {
  instruments?.count('sluice_rewritten_bytes', 'Bytes that rewrites wrote', bytes, { table });
}

const LAKE_READABLE = '1 where the table could be read when it was last looked at';
