import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { BatchFiles } from '../../lake/batch-files.ts';
import { rejectedTable } from '../../plans/table-shape.ts';
import { AuditedTable } from '../audit/audited-table.ts';
import { sluice } from '../cli/command.ts';
import type { TestStack } from '../test-stack.ts';
import { recordOf, send } from './surprising-topic.ts';

/** Told apart by a number of its own, every record that is written here. */
let mark = 0;

export function nextRecord(more: Readonly<Record<string, unknown>> = {}): string {
  return recordOf((mark += 1), more);
}

export type CreateOptions = NonNullable<Parameters<typeof AuditedTable.create>[1]>;

export async function newTable(test: TestStack, options: CreateOptions = {}): Promise<AuditedTable> {
  const topic = { partitions: 1, ...options.topic };
  const table = await AuditedTable.create(test.settings, { ...options, topic });
  onTestFinished(() => table.close());
  return table;
}

/** Writes good records, `pad` bytes longer than they need be. */
export async function write(
  table: AuditedTable,
  count: number,
  more: Parameters<typeof send>[3] & { pad?: number } = {},
): Promise<void> {
  const { pad = 0, ...options } = more;
  const values = Array.from({ length: count }, () => nextRecord(pad > 0 ? { padding: 'x'.repeat(pad) } : {}));
  await send(table.settings.kafka, table.definition.source.topic, values, options);
}

/** Offsets that are in the table, and rejected ones with their reason and the size of what is kept of them. */
export async function contents(table: AuditedTable): Promise<{ offsets: string[]; rejected: string[] }> {
  const rows = async (
    shape = table.shape,
    columns = "kafka_partition || '/' || kafka_offset AS at",
  ): Promise<string[]> => {
    const files = [...(await table.log(shape)).snapshot.files.keys()].map((path) =>
      join(table.lakeFolder, shape.path, path),
    );
    if (files.length === 0) return [];
    const from = `read_parquet([${files.map(literal).join(', ')}], hive_partitioning = false)`;
    const found = await DuckDbSession.once(`SELECT ${columns} FROM ${from} ORDER BY kafka_partition, kafka_offset`);
    return found.map((row) => String(row['at']));
  };
  const rejected = `kafka_partition || '/' || kafka_offset || ' ' || reason || ' ' || coalesce(octet_length(record_value), 0) AS at`;
  return { offsets: await rows(), rejected: await rows(rejectedTable(table.definition), rejected) };
}

export function offsets(partition: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${partition}/${from + index}`);
}

/** Revision, and why it was made, of each batch so far. */
export async function revisions(table: AuditedTable): Promise<string[]> {
  const files = new BatchFiles(table.parts.storage, table.shape.path);
  const found: string[] = [];
  for (let sequence = 1; ; sequence += 1) {
    const plan = await files.readDecidedPlan(sequence);
    if (plan === undefined) return found;
    found.push(plan.change === undefined ? String(plan.revision) : `${plan.revision} ${plan.change.reason}`);
  }
}

/** Runs a command on this table, as an operator would. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what a command prints is known to the test
export async function operate<T>(
  test: TestStack,
  table: AuditedTable,
  args: readonly string[],
): Promise<{ exitCode: number | null; report: T; said: string }> {
  const environment = {
    ...test.environment,
    SLUICE_LAKE: table.settings.lakeUri,
    SLUICE_TABLES: table.settings.tablesFolder,
  };
  const { exitCode, output, errors } = await sluice(environment, [...args, '--json']);
  return { exitCode, report: JSON.parse(output || 'null') as T, said: errors };
}

export async function expectAuditClean(table: AuditedTable, ...notices: string[]): Promise<void> {
  const report = await table.audit();
  expect(report.findings.map(({ kind }) => kind)).toEqual(notices);
  expect(report.verdict).toBe('clean');
}
