import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { HoursReport } from '../../dashboard/api/wire.ts';
import { AuditFiles } from '../../lake/audit-files.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { readSettings } from '../../settings/settings.ts';
import { TableWriter } from '../dashboard/table-writer.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { sluice } from './command.ts';

/** A bound on waiting: each command is a process of its own. */
vi.setConfig({ testTimeout: 60_000 });

const HOUR_MS = 3_600_000;
const HOSTS = 3;
const TABLE = 'server_health';
/** Well before the present hour, so that none of them fills any more. */
const FIRST_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 6 * HOUR_MS;

interface Written {
  readonly environment: { readonly SLUICE_HOME: string; readonly SLUICE_LAKE: string };
  readonly writer: TableWriter;
}

/** A table whose hours were written just now: all of their rows are late. `minutes` of each hour from `FIRST_MS` on. */
async function written(...minutes: readonly number[]): Promise<Written> {
  const environment = { SLUICE_HOME: temporaryFolder(), SLUICE_LAKE: pathToFileURL(temporaryFolder()).href };
  const writer = await TableWriter.open(environment.SLUICE_LAKE, HOSTS);
  onTestFinished(() => writer.close());
  for (const [hour, count] of minutes.entries()) {
    const fromMs = FIRST_MS + hour * HOUR_MS;
    if (count > 0) await writer.write({ fromMs, toMs: fromMs + (count - 1) * 60_000, stepMs: 60_000 });
  }
  return { environment, writer };
}

/** Vouches for all that is there. */
async function certify({ environment, writer }: Written, hours: readonly (readonly [hour: number, rows: number])[]) {
  const { path } = mainTable(writer.definition);
  await new AuditFiles(openStorage(readSettings(environment)), path).createCertificate({
    ...{ format: 1, number: 1, auditId: 'a', table: TABLE, topic: 'server-health', topicId: 't', drops: 0 },
    ...{ certifiedAtMs: FIRST_MS, version: writer.log.snapshot.version, rejectedVersion: 0 },
    ...{ completeTo: { 0: '9' }, watermarksMs: { 0: Date.now() }, ranges: [] },
    hours: hours.map(([hour, rows]) => ({
      hivePartition: partitionOf(hour),
      ...{ rows, unverifiedRows: 0, rejected: 0, checksum: '0'.repeat(16), sealed: false },
      endsAtMs: FIRST_MS + (hour + 1) * HOUR_MS,
    })),
  });
}

function partitionOf(hour: number): string {
  const start = new Date(FIRST_MS + hour * HOUR_MS);
  return `dt=${start.toISOString().slice(0, 10)}/hour=${start.getUTCHours()}`;
}

async function reported(environment: Written['environment'], ...args: string[]): Promise<HoursReport> {
  const { output, errors } = await sluice(environment, ['hours', TABLE, '--json', ...args]);
  expect(errors).toBe('');
  return JSON.parse(output) as HoursReport;
}

it('tells of each hour what the dashboard’s grid does, late rows included', async () => {
  const table = await written(2, 0, 4);
  await certify(table, [[0, 2 * HOSTS]]);
  const { hours, certificate, logVersion } = await reported(table.environment);
  expect(certificate).toMatchObject({ number: 1 });
  expect(logVersion).toBe(table.writer.log.snapshot.version);
  const [first, second, third] = hours;
  const figures = { rows: 2 * HOSTS, lateRows: 2 * HOSTS, files: 1, lastRewriteAtMs: null };
  expect(first).toMatchObject({ partition: partitionOf(0), state: 'complete', ...figures });
  expect(second).toMatchObject({ partition: partitionOf(1), state: 'empty', rows: 0, lateRows: 0 });
  expect(third).toMatchObject({ partition: partitionOf(2), state: 'late', rows: 4 * HOSTS, lateRows: 4 * HOSTS });
});

it('has a line for each hour, and sums them up', async () => {
  const table = await written(2, 0, 4);
  await certify(table, [[0, 2 * HOSTS]]);
  const until = new Date(FIRST_MS + 3 * HOUR_MS).toISOString();
  const { output } = await sluice(table.environment, ['hours', TABLE, '--to', until]);
  const [head, sum, columns, ...lines] = output.trimEnd().split('\n');
  expect(head).toBe(
    `${TABLE}: log version ${table.writer.log.snapshot.version}, certificate 1 of ${new Date(FIRST_MS).toISOString().replace('.000', '')}. Times are UTC.`,
  );
  expect(sum).toBe(`  3 hours: 1 complete, 1 no rows, 1 late rows. ${6 * HOSTS} rows came late.`);
  expect(columns?.trim().split(/ {2,}/)).toEqual(['rows', 'late', 'files', 'MiB', 'last rewrite', 'state']);
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  expect(cells.map(([partition, rows, late, , , rewrite, state]) => [partition, rows, late, rewrite, state])).toEqual([
    [partitionOf(0), '6', '6', '-', 'complete'],
    [partitionOf(1), '0', '0', '-', 'no rows'],
    [partitionOf(2), '12', '12', '-', 'late rows'],
  ]);
  expect(lines[2]).toContain('12 rows have come since certificate 1.');
});

it('has one line for hours without a row that follow each other', async () => {
  const { environment } = await written(1, 0, 0, 1, 0);
  const until = new Date(FIRST_MS + 5 * HOUR_MS).toISOString();
  const { output } = await sluice(environment, ['hours', TABLE, '--to', until]);
  const lines = output.trimEnd().split('\n').slice(3);
  expect(lines.map((line) => line.trim().split(' ')[0])).toEqual([0, 1, 3, 4].map(partitionOf));
  expect(lines[1]).toContain(`no rows      the same up to ${partitionOf(2)}. No row.`);
});

it('shows the last day unless it is told otherwise, whole hours', async () => {
  const { environment } = await written(1, 1, 1);
  const at = (hour: number, minute: number): string =>
    new Date(FIRST_MS + hour * HOUR_MS + minute * 60_000).toISOString();
  const named = async (...args: string[]): Promise<string[]> =>
    (await reported(environment, ...args)).hours.map(({ partition }) => partition);
  expect(await named('--from', at(1, 30), '--to', at(2, 10))).toEqual([partitionOf(1), partitionOf(2)]);
  expect(await named('--to', at(1, 0))).toEqual([partitionOf(0)]);
  expect(await named('--from', '10d', '--to', at(0, 0))).toEqual([]);
});

it('says where there is no hour, or no such time', async () => {
  const { environment } = await written(1);
  const before = new Date(FIRST_MS).toISOString();
  const { output } = await sluice(environment, ['hours', TABLE, '--from', '10d', '--to', before]);
  expect(output).toMatch(/no certificate\. Times are UTC\.\n {2}It has no hour in that time\.\n$/);
  expect((await sluice(environment, ['hours', TABLE, '--to', '25h'])).errors).toContain(
    '--to must be later than --from',
  );
  expect((await sluice(environment, ['hours', TABLE, '--from', 'then'])).exitCode).toBe(2);
});

it('knows of a table that has not begun', async () => {
  const environment = { SLUICE_HOME: temporaryFolder(), SLUICE_LAKE: pathToFileURL(temporaryFolder()).href };
  expect(await reported(environment)).toMatchObject({ logVersion: null, certificate: null, hours: [] });
});
