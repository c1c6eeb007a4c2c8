import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditActivities } from '../../activities/audit-table.ts';
import { MAX_PARTITIONS_NAMED, type RetentionActivities } from '../../activities/drop-partitions.ts';
import type { VacuumActivities } from '../../activities/vacuum-table.ts';
import type { TableDefinition } from '../../definition/table-definition.ts';
import { loadDefinition } from '../../definition/load.ts';
import type { AuditReport, Verdict } from '../../plans/audit-report.ts';
import { MAX_FINDINGS_IN_SUMMARY, summaryOf } from '../../plans/audit-summary.ts';
import { finding } from '../../plans/finding.ts';
import { MAX_UNSETTLED_NAMED } from '../../plans/vacuum-report.ts';
import { VACUUM_REASONS } from '../../plans/vacuum.ts';
import { applySchedules } from '../../temporal/schedules.ts';
import { startAudit, type StartedWork, startRetention, startVacuum } from '../../temporal/start-work.ts';
import { AUDIT_TASK_QUEUE, auditWorkflowId } from '../../workflows/audit-protocol.ts';
import { BACKGROUND_TASK_QUEUE } from '../../workflows/background-protocol.ts';
import { retentionWorkflowId } from '../../workflows/retention-protocol.ts';
import { STATE_ATTRIBUTE, TABLE_ATTRIBUTE } from '../../workflows/search-attributes.ts';
import { vacuumWorkflowId } from '../../workflows/vacuum-protocol.ts';
import { waitFor } from '../wait-for.ts';
import { LimitedTemporal } from './limited-temporal.ts';

/** What docs/temporal.md states that a run of these has at most. */
const MAX_EVENTS = 30;
const MAX_BYTES = 256 * 1024;
const TABLE = 'orders';

let temporal: LimitedTemporal;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  temporal = await LimitedTemporal.start();
});

afterAll(async () => {
  await temporal.stop();
});

type Shown = Awaited<ReturnType<typeof shown>>;

/** All that the Temporal UI tells of a workflow. Its current details are asked of a worker, which has to run. */
async function shown(workflowId: string) {
  const description = await temporal.client.workflow.getHandle(workflowId).describe();
  const attributes = description.typedSearchAttributes;
  return {
    workflowId,
    summary: await description.staticSummary(),
    details: await description.staticDetails(),
    now: await temporal.details(workflowId),
    table: attributes.get(TABLE_ATTRIBUTE),
    state: attributes.get(STATE_ATTRIBUTE),
    status: description.status.name,
  };
}

/** What is told once it has ended, well or not. */
async function shownAtEnd(work: StartedWork<unknown>): Promise<Shown> {
  await work.result().catch(() => undefined);
  return shown(work.workflowId);
}

async function expectShort(workflowId: string): Promise<void> {
  const [run, ...others] = await temporal.runs(workflowId, await temporal.firstRun(workflowId));
  if (process.env['SLUICE_SHOW_COUNTS'] !== undefined) console.log(workflowId, run);
  expect(others).toEqual([]);
  expect(run?.events).toBeLessThanOrEqual(MAX_EVENTS);
  expect(run?.sizeBytes).toBeLessThanOrEqual(MAX_BYTES);
}

/** An activity that says it has begun, and ends when it is cancelled. */
function untilCancelled(begun: () => void): () => Promise<never> {
  return async () => {
    begun();
    const pulse = setInterval(() => Context.current().heartbeat(), 100);
    try {
      return await Context.current().cancelled;
    } finally {
      clearInterval(pulse);
    }
  };
}

const lost = (): never => {
  throw ApplicationFailure.nonRetryable('The lake does not answer. Check its address.', 'LAKE_UNREACHABLE');
};

describe('an audit, in the Temporal UI', () => {
  const input = { table: TABLE, mode: 'full', uncertified: true, repair: false } as const;

  /** A report of as many findings as histories may have to hold, each as long as it can be. */
  function report(verdict: Verdict, found: number): AuditReport {
    const message = `A file ${'n'.repeat(5_000)}`;
    return {
      ...{ format: 1, auditId: '20261123T050000Z-1', table: TABLE, mode: 'full', startedAtMs: 0, endedAtMs: 1 },
      ...{ verdict, version: 3, rejectedVersion: 1, archiveVersion: null, checks: [], repaired: [] },
      partitions: [{ partition: 0, fromOffset: '0', toOffset: '42', heldFrom: '0', rows: 40, rejected: 2 }],
      files: { live: 1, pending: 0, superseded: 0 },
      findings: Array.from({ length: found }, () => finding('file_missing', TABLE, message)),
      counts: found === 0 ? {} : { file_missing: found },
      certificate: found === 0 ? 7 : null,
    };
  }

  function audited(auditTable: AuditActivities['auditTable']): Promise<Shown> {
    return temporal.working(AUDIT_TASK_QUEUE, { auditTable }, async () => {
      return shownAtEnd(await startAudit(temporal.client, input));
    });
  }

  it('says what it is, and that all is right', async () => {
    const { summary, details, now, table, state } = await audited(() => {
      return Promise.resolve(summaryOf(report('clean', 0)));
    });
    expect({ summary, table, state }).toEqual({
      ...{ summary: 'Audits orders: every record with its row', table: TABLE, state: 'Clean' },
    });
    expect(details).toMatch(
      /^Compares `orders` with its topic’s offsets, its log, its files and Hive; every record is read again/,
    );
    expect(now).toMatch(/^\*\*Audit of orders: Clean\*\*, since \d{4}-.*Z\. orders: nothing is missing, doubled/);
    expect(now).toContain('40 rows and 2 rejected records');
    expect(now).toContain('**To do:** Nothing.');
    expect(now).toContain('- Certificate 7 was written.');
  });

  it('says what it has found, as much of it as a history holds', async () => {
    const found = MAX_FINDINGS_IN_SUMMARY * 3;
    const { now, state } = await audited(() => Promise.resolve(summaryOf(report('findings', found))));
    expect(state).toBe('Findings');
    expect(now).toContain('- error file_missing in orders: A file nnn');
    expect(now).toContain(`- ${found - MAX_FINDINGS_IN_SUMMARY} findings more are in the report.`);
    expect(now).toContain('**To do:** docs/audit.md says what each finding means');
    await expectShort(auditWorkflowId(TABLE));
  });

  it('says why it could not be made', async () => {
    const { now, state, status } = await audited(lost);
    expect({ state, status }).toEqual({ state: 'NotAudited', status: 'FAILED' });
    expect(now).toMatch(/NotAudited\*\*.* The lake does not answer\. Check its address\.\n\n/);
    expect(now).toContain('**To do:** Do what is said here, then audit again.');
  });

  it('says that it was cancelled', async () => {
    const begun = Promise.withResolvers<unknown>();
    const auditTable = untilCancelled(() => begun.resolve(0));
    const { now, state, status } = await temporal.working(AUDIT_TASK_QUEUE, { auditTable }, async () => {
      const work = await startAudit(temporal.client, input);
      await begun.promise;
      await temporal.client.workflow.getHandle(work.workflowId).cancel();
      return shownAtEnd(work);
    });
    expect({ state, status }).toEqual({ state: 'NotAudited', status: 'CANCELLED' });
    expect(now).toContain('It was cancelled.');
  });
});

describe('a vacuum, in the Temporal UI', () => {
  function vacuumed(vacuumTable: VacuumActivities['vacuumTable']): Promise<Shown> {
    return temporal.working(BACKGROUND_TASK_QUEUE, { vacuumTable }, async () => {
      return shownAtEnd(await startVacuum(temporal.client, { table: TABLE }));
    });
  }

  it('says what was deleted, and what is left and why', async () => {
    const tally = { files: 12, sizeBytes: 3 * 1024 ** 2 };
    const reasons = Object.fromEntries(Object.keys(VACUUM_REASONS).map((reason) => [reason, tally]));
    const unsettled = Array.from({ length: MAX_UNSETTLED_NAMED }, () => 'dt=2026-11-23/hour=23');
    const tables = ['orders', 'orders_rejected', 'orders_archive'].map((table) => ({
      ...{ table, version: 9, unsettled, unsettledTotal: 40_000, reasons },
    }));
    const { summary, details, now, table, state } = await vacuumed(() => {
      return Promise.resolve({ table: TABLE, dryRun: false, tables });
    });
    expect({ summary, table, state }).toEqual({
      ...{ summary: 'Deletes what nothing needs any more of orders', table: TABLE, state: 'Done' },
    });
    expect(details).toMatch(/^Deletes files of `orders`/);
    expect(now).toMatch(/^\*\*Vacuum of orders: Done\*\*, since .*Z\. \d+ files deleted, \d+\.0 MiB\.\n\n/);
    expect(now).toContain('- orders: 12 files (3.0 MiB) deleted: waste, ');
    expect(now).toContain('- orders: 12 files (3.0 MiB) kept: grace, ');
    expect(now).toContain('- orders_archive: Hive does not have 40000 partitions where the log says');
    await expectShort(vacuumWorkflowId(TABLE));
  });

  it('says that there was nothing, and why it could not be made', async () => {
    const nothing = { table: TABLE, version: 9, unsettled: [], unsettledTotal: 0, reasons: {} };
    const empty = await vacuumed(() => Promise.resolve({ table: TABLE, dryRun: false, tables: [nothing] }));
    expect(empty.now).toContain('There was nothing to delete.');
    const { now, state } = await vacuumed(lost);
    expect(state).toBe('NotVacuumed');
    expect(now).toContain('The lake does not answer. Check its address.');
  });
});

describe('a retention, in the Temporal UI', () => {
  function dropped(dropPartitions: RetentionActivities['dropPartitions']): Promise<Shown> {
    return temporal.working(BACKGROUND_TASK_QUEUE, { dropPartitions }, async () => {
      return shownAtEnd(await startRetention(temporal.client, { table: TABLE }));
    });
  }

  it('says what was dropped, and where Hive lags behind', async () => {
    const reason = 'ended 2026-11-23T06:00:00.000Z, longer ago than retention.max_age';
    const one = { partition: 'dt=2026-11-23/hour=23', rows: 10 ** 9, sizeBytes: 10 ** 12, reason };
    const partitions = Array.from({ length: MAX_PARTITIONS_NAMED }, () => one);
    const reports = ['orders', 'orders_rejected', 'orders_archive'].map((table) => ({
      ...{ table, dropped: 5_000, rows: 10 ** 12, partitions, publicationFailure: 'The metastore does not answer.' },
    }));
    const { summary, details, now, table, state } = await dropped(() => Promise.resolve(reports));
    expect({ summary, table, state }).toEqual({
      ...{ summary: 'Drops partitions of orders that it keeps no longer', table: TABLE, state: 'Done' },
    });
    expect(details).toMatch(/^Drops whole partitions of `orders`/);
    expect(now).toMatch(/^\*\*Retention of orders: Done\*\*, since .*Z\. 15000 partitions dropped\.\n\n/);
    expect(now).toContain('- orders_archive: 5000 partitions, with 1000000000000 rows');
    expect(now).toContain('**To do:** Hive shows them still. The metastore does not answer.');
    await expectShort(retentionWorkflowId(TABLE));
  });

  it('says that nothing bounds the table, and why it could not be made', async () => {
    const unbounded = await dropped(() => Promise.resolve([]));
    expect(unbounded.now).toContain('Z. Nothing bounds orders: see `retention`');
    expect(await dropped(lost)).toMatchObject({ state: 'NotDropped', status: 'FAILED' });
  });
});

describe('what a schedule starts, in the Temporal UI', () => {
  const vacuumOnly: TableDefinition = {
    ...loadDefinition(new URL('../../tables', import.meta.url).pathname, 'server_health'),
    table: TABLE,
    retention: { maxAgeMs: null, maxBytes: null },
    schedules: { compactionMs: null, vacuumMs: 86_400_000, retentionMs: null, quickAuditMs: null, fullAuditMs: null },
  };

  /** The newest workflow that the schedule has started, once it has ended. */
  async function triggered(ended: number): Promise<string> {
    await temporal.client.schedule.getHandle(`sluice/vacuum/${TABLE}`).trigger();
    return waitFor('the scheduled run to end', 30_000, async () => {
      const query = `WorkflowType = "maintainTable" AND ExecutionStatus != "Running"`;
      const found: string[] = [];
      for await (const { workflowId } of temporal.client.workflow.list({ query })) found.push(workflowId);
      return found.length === ended ? found[0] : undefined;
    });
  }

  it('names its schedule, and the work that tells more', async () => {
    await applySchedules(temporal.client, vacuumOnly);
    const tables = [{ table: TABLE, version: 9, unsettled: [], unsettledTotal: 0, reasons: {} }];
    const vacuumTable = () => Promise.resolve({ table: TABLE, dryRun: false, tables });
    const { workflowId, summary, details, now, table, state } = await temporal.working(
      BACKGROUND_TASK_QUEUE,
      { vacuumTable },
      async () => shown(await triggered(1)),
    );
    expect(workflowId).toMatch(/^scheduled\/vacuum\/orders-\d{4}-/);
    expect({ summary, table, state }).toEqual({
      ...{ summary: 'Scheduled vacuum of orders', table: TABLE, state: 'Done' },
    });
    expect(details).toContain('`sluice schedules pause orders vacuum`');
    expect(now).toMatch(
      /^\*\*Scheduled vacuum of orders: Done\*\*, since .*Z\. `vacuum\/orders` tells what was done\./,
    );
    const work = await temporal.client.workflow.getHandle(vacuumWorkflowId(TABLE)).describe();
    expect(await work.staticSummary()).toBe('Deletes what nothing needs any more of orders');
    expect(await work.staticDetails()).toContain('`sluice vacuum orders --dry-run`');
    await expectShort(workflowId);
  });

  it('says where the work failed', async () => {
    const { workflowId, now, state, status } = await temporal.working(
      BACKGROUND_TASK_QUEUE,
      { vacuumTable: lost },
      async () => shown(await triggered(2)),
    );
    expect({ state, status }).toEqual({ state: 'Failed', status: 'FAILED' });
    expect(now).toContain('`vacuum/orders` says why.');
    await expectShort(workflowId);
  });
});
