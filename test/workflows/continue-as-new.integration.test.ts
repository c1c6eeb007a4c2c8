import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackfillActivities, BackfillNeed } from '../../activities/backfill-table.ts';
import type { CompactionActivities } from '../../activities/compact-table.ts';
import type { IngestActivities } from '../../activities/ingest-window.ts';
import type { PartActivities } from '../../activities/write-part.ts';
import { MAX_UNITS_WANTED } from '../../backfill/advance-backfill.ts';
import { commandBackfill } from '../../temporal/backfill-command.ts';
import { commandIngest } from '../../temporal/ingest-command.ts';
import { startBackfill, startCompaction, type StartedWork } from '../../temporal/start-work.ts';
import { BACKGROUND_TASK_QUEUE } from '../../workflows/background-protocol.ts';
import {
  backfillQuery,
  type BackfillRun,
  type BackfillStatus,
  backfillWorkflowId,
} from '../../workflows/backfill-protocol.ts';
import { INGEST_TASK_QUEUE, ingestWorkflowId, PARTS_TASK_QUEUE, statusQuery } from '../../workflows/ingest-protocol.ts';
import { waitFor } from '../wait-for.ts';
import { LimitedTemporal, type Run } from './limited-temporal.ts';

/** Events from which on the server suggests to continue as new: its own default is 4,096. */
const MAX_EVENTS = 50;
/** What docs/temporal.md states that a run may have above that. */
const EVENTS_OF_A_ROUND = 30;
const EVENTS_OF_A_STEP = 6;
const EVENTS_OF_A_COMMAND = 6;
const UNITS_AT_ONCE = 4;
const UNITS = Number(process.env['SLUICE_HISTORY_UNITS'] ?? 120);

const TABLE = 'orders';
let temporal: LimitedTemporal;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  temporal = await LimitedTemporal.start(MAX_EVENTS);
});

afterAll(async () => {
  await temporal.stop();
});

function until(what: string, limitMs: number, isSo: () => boolean): Promise<true> {
  return waitFor(what, limitMs, () => Promise.resolve(isSo() ? true : undefined));
}

/** That a workflow has gone on in many runs, none of them longer than it may be. */
function expectShortRuns(runs: readonly Run[], { stepsAtOnce }: { readonly stepsAtOnce: number }): void {
  if (process.env['SLUICE_SHOW_COUNTS'] !== undefined) console.log(runs);
  expect(runs.length).toBeGreaterThan(2);
  for (const { events, commands } of runs) {
    const bound = MAX_EVENTS + EVENTS_OF_A_ROUND + EVENTS_OF_A_STEP * stepsAtOnce + EVENTS_OF_A_COMMAND * commands;
    expect(events).toBeLessThanOrEqual(bound);
  }
}

/**
 * The lake of a backfill as its workflow sees it: what is derived and merged, and no more. Real rows would take hours to
 * fill the histories that are at stake; test/backfill.integration.test.ts has them.
 */
class CountedUnits implements BackfillActivities {
  readonly derived: number[] = [];
  readonly #units: number;
  #merged = false;
  cancelledBy: string | undefined;
  /** While it is there, units that have begun do not end. */
  gate: PromiseWithResolvers<unknown> | undefined;
  begun = 0;

  constructor(units: number) {
    this.#units = units;
  }

  readonly advanceBackfill: BackfillActivities['advanceBackfill'] = () => Promise.resolve(this.#need());

  #need(): BackfillNeed {
    if (this.cancelledBy !== undefined) return { kind: 'cancelled', by: this.cancelledBy };
    const done = new Set(this.derived);
    const units = Array.from({ length: this.#units }, (_, unit) => unit).filter((unit) => !done.has(unit));
    if (units.length > 0) return { kind: 'units', units: units.slice(0, MAX_UNITS_WANTED) };
    if (this.#merged) return { kind: 'nothing', publicationFailure: null };
    return { kind: 'merges', merges: [{ step: 'replace', partition: 'dt=2026-11-23/hour=5', values: {} }] };
  }

  readonly deriveUnit: BackfillActivities['deriveUnit'] = async ({ unit }) => {
    this.begun += 1;
    await this.gate?.promise;
    this.derived.push(unit);
    return { rows: 10, rejectedRows: 1 };
  };

  readonly mergePartition: BackfillActivities['mergePartition'] = () => {
    this.#merged = true;
    return Promise.resolve({ keptRows: 0, replacedRows: 0, newRows: 0 });
  };

  readonly approveBackfill: BackfillActivities['approveBackfill'] = () => Promise.resolve();

  readonly cancelBackfill: BackfillActivities['cancelBackfill'] = ({ by }) => {
    this.cancelledBy = by;
    return Promise.resolve({ format: 1, decision: 'cancel', decidedAtMs: 0, by });
  };
}

function backfill(number: number): BackfillRun {
  return { table: TABLE, number, unitsAtOnce: UNITS_AT_ONCE, maxRowsPerSecond: null };
}

/** Has commands fill a backfill's history while its units are under way, until it is to continue as new as soon as they end. */
async function fillHistory(run: BackfillRun): Promise<void> {
  const handle = temporal.client.workflow.getHandle(backfillWorkflowId(run));
  while ((await handle.describe()).historyLength < MAX_EVENTS + EVENTS_OF_A_COMMAND) {
    await commandBackfill(temporal.client, run, 'pause', 'Ann');
    await commandBackfill(temporal.client, run, 'resume', 'Ann');
  }
}

/** A backfill that is to continue as new as soon as the units end that are under way; `gate` lets them. */
async function atItsLimit(
  number: number,
  then: (at: {
    run: BackfillRun;
    lake: CountedUnits;
    work: StartedWork<BackfillStatus>;
    first: string;
  }) => Promise<void>,
): Promise<void> {
  const run = backfill(number);
  const lake = new CountedUnits(UNITS_AT_ONCE * 3);
  lake.gate = Promise.withResolvers();
  await temporal.working(BACKGROUND_TASK_QUEUE, lake, async () => {
    const work = await startBackfill(temporal.client, run);
    const first = await temporal.firstRun(work.workflowId);
    await until('units to begin', 30_000, () => lake.begun === UNITS_AT_ONCE);
    await fillHistory(run);
    await then({ run, lake, work, first });
  });
}

describe('a backfill that continues as new', () => {
  it('derives each unit once, and takes each command, however often it does', async () => {
    const run = backfill(1);
    const lake = new CountedUnits(UNITS);
    await temporal.working(BACKGROUND_TASK_QUEUE, lake, async () => {
      const work = await startBackfill(temporal.client, run);
      const first = await temporal.firstRun(work.workflowId);
      let ended = false;
      const status = work.result().finally(() => (ended = true));
      for (let part = 1; part < 4; part += 1) {
        await until('the next units', 60_000, () => lake.derived.length > (part * UNITS) / 4);
        expect(await commandBackfill(temporal.client, run, 'pause', 'Ann')).toMatchObject({ state: 'Paused' });
        expect(await commandBackfill(temporal.client, run, 'resume', 'Ann')).toMatchObject({ state: 'Deriving' });
        expect(ended).toBe(false);
      }
      const rows = { rows: 10 * UNITS, rejectedRows: UNITS, unitsDone: UNITS, unitsLeft: 0, merges: 1 };
      expect(await status).toMatchObject({ state: 'Done', ...rows });
      expect(lake.derived.sort((a, b) => a - b)).toEqual(Array.from({ length: UNITS }, (_, unit) => unit));
      expectShortRuns(await temporal.runs(work.workflowId, first), { stepsAtOnce: UNITS_AT_ONCE });
    });
  });

  it('stays paused, and says so', async () => {
    await atItsLimit(2, async ({ run, lake, work, first }) => {
      await commandBackfill(temporal.client, run, 'pause', 'Bob');
      lake.gate?.resolve(undefined);
      const handle = temporal.client.workflow.getHandle(work.workflowId);
      await waitFor('the next run', 30_000, async () => (await handle.describe()).runId !== first || undefined);
      const status = await handle.query(backfillQuery);
      expect(status).toMatchObject({ state: 'Paused', unitsDone: UNITS_AT_ONCE });
      expect(status.reason).toMatch(/Paused by Bob/);
      const details = await temporal.details(work.workflowId);
      expect(details).toMatch(/^\*\*Backfill 2 of orders: Paused\*\*.* Paused by Bob/);
      expect(details).toContain('\n\n`sluice backfill show orders 2` shows its plan');
      // The new run has answered, so it has begun, and asked for nothing.
      expect((await temporal.runs(work.workflowId, first)).map(({ activities }) => activities)).toEqual([5, 0]);
      await commandBackfill(temporal.client, run, 'resume', 'Bob');
      expect(await work.result()).toMatchObject({ state: 'Done', unitsDone: UNITS_AT_ONCE * 3 });
    });
  });

  it('is cancelled where that was asked for', async () => {
    await atItsLimit(3, async ({ run, lake, work, first }) => {
      await commandBackfill(temporal.client, run, 'cancel', 'Bob');
      expect(await work.result()).toMatchObject({ state: 'Cancelled' });
      lake.gate?.resolve(undefined);
      expect(lake.cancelledBy).toBe('Bob');
      expect(await temporal.runs(work.workflowId, first)).toHaveLength(2);
    });
  });
});

describe('ingestion that continues as new', () => {
  const WINDOWS = 45;
  const SHARDS = 3;

  it('loses no window, no part, and no command', async () => {
    let windows = 0;
    let attempts = 0;
    const parts = new Set<string>();
    let wanted: number | undefined;
    // A command may cut the writing of a batch's parts short; then they are handed out again, and those written stay.
    let mayCutUpTo = 0;
    let cutShort = false;
    const ingest: IngestActivities = {
      ingestWindow: ({ mode, parted }) => {
        attempts += 1;
        cutShort ||= attempts <= mayCutUpTo && wanted !== undefined && parted === undefined;
        // Otherwise what was written for a batch is gone on with, and nothing is gone on with twice.
        expect(parted).toBe(cutShort ? undefined : wanted);
        if (!cutShort) wanted = undefined;
        if (attempts % 11 === 0) throw ApplicationFailure.create({ type: `CAUSE_${attempts}`, message: 'away' });
        if (!cutShort) windows += 1;
        cutShort = false;
        if (windows % 5 === 0) wanted = windows;
        return Promise.resolve({
          ...{ batches: 1, rows: 1, rejected: 0, sequence: windows, version: windows, hiveVersion: windows },
          ...{ remaining: '0', drained: mode === 'drain', nextOffsets: {}, publicationFailure: null },
          ...{ unknownFields: {}, byOthers: 0 },
          ...(wanted === undefined ? {} : { parts: { sequence: windows, revision: 0, shards: SHARDS } }),
        });
      },
    };
    const writing: PartActivities = {
      writePart: ({ sequence, shard }) => {
        parts.add(`${sequence}/${shard}`);
        return Promise.resolve();
      },
    };
    const command = async (what: 'drain' | 'resume' | 'pause'): ReturnType<typeof commandIngest> => {
      mayCutUpTo = Infinity;
      const status = await commandIngest(temporal.client, TABLE, what, 'Ann');
      // The window that was under way then, and the one after it.
      mayCutUpTo = attempts + 1;
      return status;
    };
    const workflowId = ingestWorkflowId(TABLE);
    await temporal.working(INGEST_TASK_QUEUE, ingest, () =>
      temporal.working(PARTS_TASK_QUEUE, writing, async () => {
        const handle = await temporal.client.workflow.start('ingestTable', {
          workflowId,
          taskQueue: INGEST_TASK_QUEUE,
          args: [{ table: TABLE }],
        });
        for (let goal = WINDOWS / 3; goal <= WINDOWS; goal += WINDOWS / 3) {
          await until('windows', 60_000, () => windows >= goal);
          expect(await command('drain')).toMatchObject({ state: 'Draining' });
          await waitFor('it to be drained', 30_000, async () =>
            (await handle.query(statusQuery)).state === 'Paused' ? true : undefined,
          );
          const status = await handle.query(statusQuery);
          expect(status).toMatchObject({ windows, lastWindow: { sequence: windows } });
          expect(parts.size).toBe(SHARDS * Math.floor(windows / 5));
          expect(await command('resume')).toMatchObject({ state: 'Running' });
        }
        await command('pause');
        expect(await temporal.details(workflowId)).toContain('`sluice pause orders` holds it.');
        expectShortRuns(await temporal.runs(workflowId, handle.firstExecutionRunId), { stepsAtOnce: SHARDS });
        await handle.terminate();
      }),
    );
  });
});

describe('a compaction that continues as new', () => {
  const PARTITIONS = 30;

  it('rewrites each partition once, and counts on', async () => {
    const left = Array.from({ length: PARTITIONS }, (_, index) => `dt=2026-11-23/hour=${index}`);
    const compaction: CompactionActivities = {
      planTableCompaction: ({ table }) => {
        const plan = { table, target: table, files: 8, sizeBytes: 1, reason: 'has 8 files' };
        return Promise.resolve(left.map((partition) => ({ ...plan, partition })));
      },
      compactPartition: ({ partition }) => {
        left.splice(left.indexOf(partition), 1);
        const files = { filesBefore: 8, filesAfter: 1, bytesBefore: 8, bytesAfter: 7 };
        const outcome = { kind: 'rewritten', reason: '', rows: 10, checksum: '', publicationFailure: null } as const;
        return Promise.resolve({ ...outcome, ...files });
      },
    };
    await temporal.working(BACKGROUND_TASK_QUEUE, compaction, async () => {
      const work = await startCompaction(temporal.client, { table: TABLE });
      const first = await temporal.firstRun(work.workflowId);
      expect(await work.result()).toMatchObject({ rewrites: PARTITIONS, filesBefore: 8 * PARTITIONS, conflicts: 0 });
      expectShortRuns(await temporal.runs(work.workflowId, first), { stepsAtOnce: 1 });
      // What it was started with is its first run's alone.
      const last = await temporal.client.workflow.getHandle(work.workflowId).describe();
      expect(await last.staticDetails()).toBeUndefined();
      const details = await temporal.details(work.workflowId);
      expect(details).toMatch(/^\*\*Compaction of orders: Done\*\*/);
      expect(details).toContain('`sluice compact orders --dry-run` shows what it would take');
    });
  });
});
