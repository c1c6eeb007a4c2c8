import { expect, it } from 'vitest';
import { Random } from '../../collectors/simulation/random.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { compactOnce } from './actors/compactor.ts';
import { rewriteOnce } from './actors/rewriter.ts';
import { ingest } from './actors/worker.ts';
import { EMPTY_METASTORE } from './services/memory-metastore.ts';
import { writeDefinitions } from './tables.ts';
import { SimulatedProcess } from './world/process.ts';
import { Scheduler } from './world/scheduler.ts';
import { shapeOf } from './world/shape.ts';
import { World } from './world/world.ts';

const NEVER = new AbortController().signal;
/** Less than a window, and more than a few retries. */
const RETRIES_MS = 60_000;
const DONE = (): boolean => false;

/** A world in which nothing fails, with one table of one partition and one hour. */
function calmWorld(): World {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 1 });
  const scheduler = new Scheduler(new Random('calm'));
  const shape = { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0, checkpointEveryCommits: 100 };
  return new World(scheduler, { ...shape, storageKind: 'file', windowMs: 600_000 }, folder);
}

/** Ingests this many records, in batches of six, and publishes them. */
async function ingestRecords(world: World, records: number): Promise<void> {
  const { topic } = world.watch('t1');
  for (let count = 0; count < records; count += 1) topic.append(0, { hour: 0, bad: false });
  topic.commit(0);
  const worker = new SimulatedProcess(world.scheduler, 'worker');
  const done = ingest(world, worker, 't1', { mode: 'drain', cancelled: NEVER });
  await world.scheduler.run(DONE);
  await done;
}

it('brings everything back into a metastore that was lost in the middle of a window', async () => {
  const world = calmWorld();
  const { scheduler } = world;
  const watch = world.watch('t1');
  const append = (hour: number): void => {
    for (const bad of [false, true]) watch.topic.append(0, { hour, bad });
    watch.topic.commit(0);
  };
  const worker = new SimulatedProcess(scheduler, 'worker');
  void ingest(world, worker, 't1', { mode: 'continuous', cancelled: NEVER });
  for (const hour of [0, 1]) {
    append(hour);
    await scheduler.run(() => watch.isCaughtUp && world.hiveDifference() === undefined);
  }
  world.metastore.restore(EMPTY_METASTORE);
  append(2);
  const limitMs = scheduler.nowMs + RETRIES_MS;
  await scheduler.run(() => scheduler.nowMs > limitMs);
  expect(world.hiveDifference()).toBeUndefined();
  expect(scheduler.violation).toBeUndefined();
  worker.kill();
});

it('leaves Hive at the newest rewrite, though the one before it is published last', async () => {
  const world = calmWorld();
  const { scheduler } = world;
  const watch = world.watch('t1');
  await ingestRecords(world, 18);
  const late = new SimulatedProcess(scheduler, 'job', 'late');
  const compacted = compactOnce(world, late, 't1', watch.main.tablePath);
  await scheduler.run(() => scheduler.waitsFor(late, 'metastore: alter_partitions'));
  expect(watch.main.files.size).toBe(1);
  late.frozenUntilStep = Number.POSITIVE_INFINITY;
  // Everyone may choose what to take; so another rewrite is made until one takes the first one's file.
  const before = watch.main.directoryOf('dt=2026-11-23/hour=0');
  while (watch.main.directoryOf('dt=2026-11-23/hour=0') === before) {
    const job = new SimulatedProcess(scheduler, 'job');
    const options = { tablePath: watch.main.tablePath, kind: 'compaction' } as const;
    const done = rewriteOnce(world, job, watch, options);
    let rewritten = false;
    void done.then(() => (rewritten = true));
    await scheduler.run(() => rewritten);
    await done;
  }
  const worker = new SimulatedProcess(scheduler, 'worker');
  let drained = false;
  const done = ingest(world, worker, 't1', { mode: 'drain', cancelled: NEVER }).then(() => (drained = true));
  await scheduler.run(() => drained);
  await done;
  expect(world.hiveDifference()).toBeUndefined();
  late.frozenUntilStep = 0;
  await scheduler.run(DONE);
  await compacted;
  expect(scheduler.violation).toBeUndefined();
  expect(world.hiveDifference()).toBeUndefined();
});
