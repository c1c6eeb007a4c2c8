import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compactPartition } from '../../activities/compact-partition.ts';
import { dropPartitions } from '../../activities/drop-partitions.ts';
import { Random } from '../../collectors/simulation/random.ts';
import { loadDefinition } from '../../definition/load.ts';
import { compactionFiles } from '../../lake/compaction-files.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { vacuumTable } from '../../lake/vacuum/vacuum-table.ts';
import { AUDITS_KEPT, AUDITS_KEPT_MS, BATCHES_KEPT } from '../../plans/bookkeeping.ts';
import { planCompaction } from '../../plans/compaction.ts';
import { maintainedTables } from '../../plans/maintained-table.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { Auditor } from './actors/auditor.ts';
import { ingest, partsOf, type WorkerParts } from './actors/worker.ts';
import type { LogWatch } from './promises/log-watch.ts';
import { DAY } from './services/row-engine.ts';
import { RowRewriter } from './services/row-rewriter.ts';
import { SimulatedProcess } from './world/process.ts';
import { Scheduler } from './world/scheduler.ts';
import { shapeOf } from './world/shape.ts';
import { World } from './world/world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 14;
const TICK_MS = HOUR_MS;
/** Days of which the most is what it may be on any later one: retention and vacuum have been at work by then. */
const STEADY_DAYS = [5, 7] as const;
const RETENTION_DAYS = 3;
const GRACE_DAYS = 1;
const LOG_RETENTION_DAYS = 2;
const CHECKPOINT_EVERY = 100;
const RECORDS_A_TICK = 7;
const KAFKA_RETENTION_DAYS = 2;
const TICKS_BETWEEN_AUDITS = 6;

const DEFINITION = `table: t1
database: lab
source: { topic: t1 }
columns:
  - { name: host, type: string, required: true }
  - { name: event_time, type: timestamp, required: true }
event_time: { column: event_time }
limits: { max_rows: 4 }
compaction: { min_files: 2 }
retention: { max_age: ${RETENTION_DAYS}d }
archive: { max_age: ${RETENTION_DAYS}d }
vacuum: { grace: ${GRACE_DAYS}d, log_retention: ${LOG_RETENTION_DAYS}d }
`;

/** A table that nobody looks after but its schedules: calm, with time that is moved on from tick to tick. */
class UnattendedTable {
  readonly world: World;
  readonly scheduler = new Scheduler(new Random('two weeks'));
  readonly #folder = temporaryFolder();
  readonly #startMs: number;
  readonly #auditor: Auditor;
  /** Offsets that the largest audit looked at. */
  mostOffsets = 0;
  #named = 0;

  constructor() {
    writeFileSync(join(this.#folder, 't1.yaml'), DEFINITION);
    const shape = { ...shapeOf(this.scheduler.random), tables: 1, partitions: 2, poisoned: 0, oversized: 0 };
    this.world = new World(
      this.scheduler,
      { ...shape, storageKind: 'file', windowMs: 600_000, checkpointEveryCommits: CHECKPOINT_EVERY },
      this.#folder,
    );
    this.#startMs = this.scheduler.nowMs;
    this.#auditor = new Auditor(this.world, this.#folder);
  }

  get definition(): ReturnType<typeof loadDefinition> {
    return loadDefinition(this.#folder, 't1');
  }

  /** What one process of its own does, until it has ended. */
  async #act(act: (parts: WorkerParts, process: SimulatedProcess) => Promise<unknown>): Promise<void> {
    this.#named += 1;
    const process = new SimulatedProcess(this.scheduler, 'job', `job-${this.#named}`);
    let ended = false;
    const acting = act(partsOf(this.world, process), process).finally(() => (ended = true));
    await this.scheduler.run(() => ended);
    if (this.scheduler.violation === undefined) await acting;
    expect(this.scheduler.violation).toBeUndefined();
    process.kill();
  }

  /** An hour of life, with what is due in it. */
  async tick(number: number): Promise<void> {
    this.scheduler.nowMs = Math.max(this.scheduler.nowMs, this.#startMs + number * TICK_MS);
    const { topic } = this.world.watch('t1');
    const hour = Math.floor((this.scheduler.nowMs - Date.parse(DAY)) / HOUR_MS);
    for (let count = 0; count < RECORDS_A_TICK; count += 1) {
      // One of each tick comes hours late, one is nothing that the table can hold.
      topic.append(count % 2, { hour: count === 3 ? hour - 4 : hour, bad: count === 5 });
    }
    for (const partition of [0, 1]) topic.commit(partition);
    await this.#act((_, process) =>
      ingest(this.world, process, 't1', { mode: 'drain', cancelled: new AbortController().signal }),
    );
    await this.#act((parts, process) => this.#compact(parts, process));
    this.#forgetInKafka(number);
    if (number % TICKS_BETWEEN_AUDITS === 0) await this.#audit(number % (DAY_MS / TICK_MS) === 0 ? 'full' : 'quick');
    if (number % (DAY_MS / TICK_MS) !== 0) return;
    await this.#act((parts) => dropPartitions(parts, { table: 't1' }, NEVER));
    await this.#act((parts) => vacuumTable(parts, { definition: this.definition, dryRun: false, signal: NEVER }));
  }

  async #compact(parts: WorkerParts, process: SimulatedProcess): Promise<void> {
    for (const { shape, compaction } of maintainedTables(this.definition)) {
      for (;;) {
        const log = new TableLog(parts.storage, shape.path, parts.log);
        await log.refresh();
        const columns = shape.partitionColumns.map(({ name }) => name);
        const { units } = planCompaction(compactionFiles(log.snapshot), columns, compaction, parts.clock.nowMs());
        if (units[0] === undefined) break;
        const input = { table: 't1', target: shape.table, partition: units[0].partition };
        const rewriting = { ...parts, rewriter: new RowRewriter(process) };
        const { kind } = await compactPartition(rewriting, input, NEVER);
        expect(kind).toBe('rewritten');
      }
    }
  }

  /** Kafka holds less than the table: what it has forgotten is held against certificates. */
  #forgetInKafka(number: number): void {
    const { topic } = this.world.watch('t1');
    const ticks = Math.max(0, number - (KAFKA_RETENTION_DAYS * DAY_MS) / TICK_MS);
    for (const partition of [0, 1]) topic.expire(partition, ticks * Math.ceil((RECORDS_A_TICK - partition) / 2));
  }

  async #audit(mode: 'quick' | 'full'): Promise<void> {
    const { definition } = this;
    const scope = { uncertified: true };
    const report = await this.#auditor.audit({ definition, mode, scope, repair: false, signal: NEVER });
    const { verdict, findings, checks, partitions } = report;
    expect({
      verdict,
      findings: findings.filter(({ severity }) => severity !== 'notice'),
      checks: checks.filter(({ done }) => !done),
    }).toEqual({ verdict: 'clean', findings: [], checks: [] });
    const offsets = partitions.map(({ fromOffset, toOffset }) => Number(BigInt(toOffset) - BigInt(fromOffset)));
    this.mostOffsets = Math.max(
      this.mostOffsets,
      offsets.reduce((sum, count) => sum + count, 0),
    );
    expect(report.certificate !== null, `a certificate of a ${mode} audit`).toBe(mode === 'full');
  }

  /** How many files of each kind there are of one of the tables, by their folder in it. */
  counts({ tablePath, files }: LogWatch): Counts {
    const stored = this.world.store.list(tablePath, { deep: true });
    const objects = stored.map(([path, object]) => [path.slice(tablePath.length + 1), object] as const);
    const paths = objects.map(([path]) => path);
    const within = (pattern: RegExp): number => paths.filter((path) => pattern.test(path)).length;
    const largest = (pattern: RegExp): number =>
      Math.max(0, ...objects.filter(([path]) => pattern.test(path)).map(([, { bytes }]) => bytes.length));
    const [database = '', table = ''] = tablePath.split('/');
    const newest = this.world.store
      .list(`${tablePath}/_delta_log`)
      .findLast(([path]) => path.endsWith('.checkpoint.parquet'));
    return {
      entries: within(/^_delta_log\/\d+\.json$/),
      checkpoints: within(/\.checkpoint\.parquet$/),
      checkpointActions: newest === undefined ? 0 : (JSON.parse(newest[1].bytes.toString()) as unknown[]).length,
      plans: within(/^_sluice\/plans\//),
      seals: within(/^_sluice\/seals\//),
      audits: within(/^_sluice\/(audits|certificates)\//),
      certificateBytes: largest(/^_sluice\/certificates\//),
      reportBytes: largest(/^_sluice\/audits\//),
      otherSluice: within(/^_sluice\/(?!plans|seals|audits|certificates)/),
      live: files.size,
      data: within(/^[^_]/),
      hivePartitions: this.world.metastore.state.tables.get(`${database}.${table}`)?.partitions.size ?? 0,
    };
  }
}

interface Counts {
  readonly entries: number;
  readonly checkpoints: number;
  readonly checkpointActions: number;
  readonly plans: number;
  readonly seals: number;
  readonly audits: number;
  readonly certificateBytes: number;
  readonly reportBytes: number;
  readonly otherSluice: number;
  readonly live: number;
  readonly data: number;
  readonly hivePartitions: number;
}

function most(one: Counts, other: Counts | undefined): Counts {
  const entries = Object.entries(one).map(([kind, count]) => [
    kind,
    Math.max(count as number, other?.[kind as keyof Counts] ?? 0),
  ]);
  return Object.fromEntries(entries) as Counts;
}

const NEVER = new AbortController().signal;

it('lives for two weeks by its schedules alone, and nothing of it grows beyond its bounds', async () => {
  const table = new UnattendedTable();
  const steady = new Map<string, Counts>();
  const { main, rejected, archive } = table.world.watch('t1');
  const ticksADay = DAY_MS / TICK_MS;
  for (let number = 1; number <= DAYS * ticksADay; number += 1) {
    await table.tick(number);
    if (number % ticksADay !== 0) continue;
    const day = number / ticksADay;
    for (const log of [main, rejected, archive]) {
      const counts = table.counts(log);
      if (process.env['SLUICE_SHOW_COUNTS'] !== undefined) console.log(day, log.tablePath, counts);
      const sinceMs = table.scheduler.nowMs - LOG_RETENTION_DAYS * DAY_MS;
      const recent = log.createdAtMs.filter((atMs) => atMs > sinceMs).length;
      const where = `${log.tablePath} on day ${day}`;
      // What docs/maintenance.md says, in the order in which it does.
      const partitions = log === main ? (RETENTION_DAYS + 1) * 24 + 2 : RETENTION_DAYS + 3;
      expect(counts.hivePartitions, where).toBeLessThanOrEqual(partitions);
      expect(counts.entries, where).toBeLessThanOrEqual(recent + CHECKPOINT_EVERY + 1);
      // What left the table is named until it is deleted; a checkpoint may be of a day before, and each retention leaves a transaction.
      const leftSinceMs = table.scheduler.nowMs - (GRACE_DAYS + 3) * DAY_MS;
      const left = [...log.removedAtMs.values()].filter((atMs) => atMs > leftSinceMs).length;
      expect(log.transactions.size, where).toBeLessThanOrEqual(10 + day);
      expect(counts.checkpointActions, where).toBeLessThanOrEqual(
        counts.live * 1.2 + left + log.transactions.size + 30,
      );
      expect(counts.checkpoints, where).toBeLessThanOrEqual(Math.ceil(counts.entries / CHECKPOINT_EVERY) + 1);
      const batches = ticksADay * LOG_RETENTION_DAYS * Math.ceil(RECORDS_A_TICK / 4) + BATCHES_KEPT;
      expect(counts.seals, where).toBeLessThanOrEqual(batches + 1);
      expect(counts.plans, where).toBeLessThanOrEqual(batches + 1);
      const auditsADay = ticksADay / TICKS_BETWEEN_AUDITS;
      expect(counts.audits, where).toBeLessThanOrEqual(
        (AUDITS_KEPT_MS / DAY_MS + 1) * (auditsADay + 1) + 2 * AUDITS_KEPT,
      );
      // An entry of some 250 bytes for each hour that was kept when it was written, or has come since, and for each range.
      expect(counts.certificateBytes, where).toBeLessThanOrEqual(1_000 + 250 * (partitions + 2 * 24));
      expect(counts.reportBytes, where).toBeLessThanOrEqual(4_096);
      expect(counts.otherSluice, where).toBeLessThanOrEqual(1);
      const before = steady.get(log.tablePath);
      if (day >= STEADY_DAYS[0] && day <= STEADY_DAYS[1]) steady.set(log.tablePath, most(counts, before));
      if (before === undefined || day <= STEADY_DAYS[1]) continue;
      for (const kind of ['live', 'data', 'hivePartitions'] as const) {
        expect(counts[kind], `${kind} of ${where}`).toBeLessThanOrEqual(Math.ceil(before[kind] * 1.25));
      }
    }
  }
  expect(table.world.unfinished()).toBeUndefined();
  // A drop has the next audit begin anew, from the oldest row or record that there is.
  const daysKept = RETENTION_DAYS + 3;
  expect(table.mostOffsets).toBeLessThanOrEqual(daysKept * ticksADay * RECORDS_A_TICK);
}, 300_000);
