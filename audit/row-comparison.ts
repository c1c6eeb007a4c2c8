import { identifier, literal } from '../duckdb/quote.ts';
import type { BatchResult, WrittenFile } from '../engines/engine.ts';
import type { Stretch } from '../plans/audit-window.ts';
import { checksumText, endOfPartitionMs, NO_CHECKSUM } from '../plans/certificate.ts';
import type { TableShape } from '../plans/table-shape.ts';
import type { AuditRun, CheckedTable } from './audit-run.ts';
import type { PartitionSum, WindowSums } from './certified-sums.ts';
import { holding } from './live-files.ts';
import {
  comparedColumns,
  FILE_INDEX,
  HIVE_PARTITION,
  type RowFile,
  rowChecksum,
  rowsOf,
  runsOf,
  stretchOf,
  within,
} from './row-sql.ts';
import { partitionNameOf } from './table-view.ts';

/** Rows that differ, of one window, that are looked at to tell which columns do. */
export const MAX_ROWS_EXPLAINED = 100;

const ROWS = '(p INTEGER, o BIGINT, rejected BOOLEAN, h UBIGINT, t BIGINT, hour VARCHAR, file VARCHAR)';

/**
 * One window of the comparison, in three temporary tables: `actual`, the tables' rows; `expected`, what the engine makes of
 * the records; `differing`, offsets at which they do not agree. Rows are kept as checksums.
 */
export class RowComparison {
  readonly #run: AuditRun;
  #window: readonly Stretch[] = [];

  constructor(run: AuditRun) {
    this.#run = run;
  }

  async loadActual(window: readonly Stretch[]): Promise<void> {
    this.#window = window;
    await this.#run.session.run(`CREATE OR REPLACE TEMP TABLE actual ${ROWS}`);
    await this.#loadLive(this.#run.main, false);
    await this.#loadLive(this.#run.rejected, true);
  }

  /** Notes where the tables' rows are not the expected ones. */
  async compare(expected: BatchResult): Promise<void> {
    await this.#loadExpected(expected);
    await this.#run.session.run(
      `CREATE OR REPLACE TEMP TABLE differing AS
       SELECT DISTINCT a.p, a.o, a.file, a.rejected, e.rejected IS NULL AS unexpected,
              coalesce(a.rejected <> e.rejected, FALSE) AS misplaced, NULL::VARCHAR[] AS columns
       FROM actual a LEFT JOIN expected e USING (p, o)
       WHERE e.o IS NULL OR a.rejected <> e.rejected OR a.h <> e.h`,
    );
    await this.#explain(expected, this.#window);
  }

  /** Offsets that are noted, other than those without a record. */
  async differing(): Promise<Stretch[]> {
    const rows = await this.#run.session.rows(runsOf('SELECT DISTINCT p, o FROM differing WHERE NOT unexpected'));
    return rows.map(stretchOf);
  }

  /** Takes back what was noted of these offsets where the rows are what another definition makes of the records. */
  async acquit(expected: BatchResult, stretches: readonly Stretch[]): Promise<void> {
    await this.#loadExpected(expected);
    await this.#run.session.run(
      `DELETE FROM differing USING actual a, expected e
       WHERE ${within(stretches, 'differing.p', 'differing.o')} AND a.p = differing.p AND a.o = differing.o
         AND a.file = differing.file AND e.p = a.p AND e.o = a.o AND a.rejected = e.rejected AND a.h = e.h`,
    );
    await this.#explain(expected, stretches);
  }

  /** Reports what is still noted. @param keepsRecords whether a row without a record is wrong */
  async report(keepsRecords: boolean): Promise<void> {
    const { session, records } = this.#run;
    const { main, rejected } = this.#run.subject.table;
    const kinds = [
      { kind: 'row_differs', where: 'NOT unexpected AND NOT misplaced' },
      { kind: 'row_in_wrong_table', where: 'misplaced' },
      { kind: 'row_unexpected', where: keepsRecords ? 'unexpected' : 'FALSE' },
    ] as const;
    for (const { kind, where } of kinds) {
      const columns = await session.rows(
        `SELECT DISTINCT unnest(columns) AS name FROM differing WHERE ${where} ORDER BY name`,
      );
      const names = columns.map((row) => String(row['name']));
      const runs = runsOf(`SELECT p, o, file, rejected FROM differing WHERE ${where}`, ['file', 'rejected']);
      for (const row of await session.rows(runs)) {
        const { table } = (row['rejected'] === true ? rejected : main).shape;
        records.add(kind, { table, storagePath: String(row['file']) }, stretchOf(row), names);
      }
    }
  }

  /** What the window's rows add up to. */
  async sums(): Promise<WindowSums> {
    const { session } = this.#run;
    const partitions = await session.rows(
      `SELECT p, count(*) FILTER (NOT rejected) AS rows, count(*) FILTER (rejected) AS rejected,
              sum(h)::VARCHAR AS checksum, max(t) AS latest FROM actual GROUP BY p`,
    );
    const hours = await session.rows(
      `SELECT hour, count(*) FILTER (NOT rejected) AS rows, count(*) FILTER (rejected) AS rejected,
              (sum(h) FILTER (NOT rejected))::VARCHAR AS checksum FROM actual GROUP BY hour`,
    );
    return {
      partitions: new Map(partitions.map((row) => [Number(row['p']), partitionSum(row)])),
      hours: hours.map((row) => ({
        hivePartition: String(row['hour']),
        rows: Number(row['rows']),
        rejected: Number(row['rejected']),
        checksum: checksumOf(row),
        endsAtMs: endOfPartitionMs(String(row['hour'])),
      })),
    };
  }

  async #loadLive({ view, reader }: CheckedTable, rejected: boolean): Promise<void> {
    await reader.read(holding(view.live, this.#window), (group) => this.#insert('actual', view.shape, group, rejected));
  }

  async #loadExpected({ files, rejectedFiles }: BatchResult): Promise<void> {
    await this.#run.session.run(`CREATE OR REPLACE TEMP TABLE expected ${ROWS}`);
    const { main, rejected } = this.#run.subject.table;
    if (files.length > 0) await this.#insert('expected', main.shape, rowFiles(main.shape, files), false);
    if (rejectedFiles.length > 0) {
      await this.#insert('expected', rejected.shape, rowFiles(rejected.shape, rejectedFiles), true);
    }
  }

  async #insert(
    into: 'actual' | 'expected',
    shape: TableShape,
    files: readonly (RowFile & { readonly storagePath: string })[],
    rejected: boolean,
  ): Promise<void> {
    const paths = files.map(({ storagePath }) => literal(storagePath)).join(', ');
    await this.#run.session.run(
      `INSERT INTO ${into}
       SELECT kafka_partition, kafka_offset, ${rejected}, ${rowChecksum(shape)}, epoch_ms(kafka_timestamp),
              ${rejected ? this.#hourOfRejected() : identifier(HIVE_PARTITION)}, ([${paths}])[${FILE_INDEX} + 1]
       FROM (${rowsOf(shape, files)}) WHERE ${within(this.#window)}`,
    );
  }

  /** A rejected record's event time is not known; it counts for the hour of its Kafka timestamp. */
  #hourOfRejected(): string {
    const hourly = this.#run.subject.table.definition.partitionBy === 'hour';
    const day = `'dt=' || strftime(kafka_timestamp, '%Y-%m-%d')`;
    return hourly ? `${day} || '/hour=' || hour(kafka_timestamp)` : day;
  }

  /** Which columns differ, of the first rows that do. */
  async #explain({ files, rejectedFiles }: BatchResult, stretches: readonly Stretch[]): Promise<void> {
    for (const [{ view, reader }, written, isRejected] of [
      [this.#run.main, files, false],
      [this.#run.rejected, rejectedFiles, true],
    ] as const) {
      const where = `rejected = ${isRejected} AND NOT unexpected AND NOT misplaced AND ${within(stretches, 'differing.p', 'differing.o')}`;
      const rows = await this.#run.session.rows(
        `SELECT p, o, file FROM differing WHERE ${where} ORDER BY p, o LIMIT ${MAX_ROWS_EXPLAINED}`,
      );
      if (rows.length === 0) continue;
      const paths = new Set(rows.map((row) => String(row['file'])));
      const offsets = rows.map((row) => `(${String(row['p'])}, ${String(row['o'])})`).join(', ');
      await reader.read(
        view.live.filter(({ storagePath }) => paths.has(storagePath)),
        (group) =>
          this.#run.session.run(
            `UPDATE differing SET columns = x.columns FROM (
               SELECT a.kafka_partition AS p, a.kafka_offset AS o, ${differingColumns(view.shape)} AS columns
               FROM (${rowsOf(view.shape, group)}) a JOIN (${rowsOf(view.shape, rowFiles(view.shape, written))}) e
                 ON a.kafka_partition = e.kafka_partition AND a.kafka_offset = e.kafka_offset
               WHERE (a.kafka_partition, a.kafka_offset) IN (${offsets})) x
             WHERE differing.p = x.p AND differing.o = x.o AND ${where}`,
          ),
      );
    }
  }
}

function differingColumns(shape: TableShape): string {
  const columns = comparedColumns(shape).map(({ name }) => name);
  const tests = [...columns, HIVE_PARTITION].map(
    (name) => `CASE WHEN a.${identifier(name)} IS DISTINCT FROM e.${identifier(name)} THEN ${literal(name)} END`,
  );
  return `list_filter([${tests.join(', ')}], lambda name: name IS NOT NULL)`;
}

function rowFiles(shape: TableShape, files: readonly WrittenFile[]): (RowFile & { storagePath: string })[] {
  return files.map(({ localPath, partitionValues }) => ({
    localPath,
    hivePartition: partitionNameOf(shape, partitionValues),
    storagePath: localPath,
  }));
}

function partitionSum(row: Readonly<Record<string, unknown>>): PartitionSum {
  return {
    rows: Number(row['rows']),
    rejected: Number(row['rejected']),
    checksum: checksumOf(row),
    latestTimestampMs: row['latest'] === null ? undefined : Number(row['latest']),
  };
}

function checksumOf(row: Readonly<Record<string, unknown>>): string {
  const sum = row['checksum'];
  return typeof sum === 'string' ? checksumText(BigInt(sum)) : NO_CHECKSUM;
}
