import { expect, it } from 'vitest';
import { BatchWriter } from '../../activities/batch-writer.ts';
import { runWindow } from '../../activities/ingest-window.ts';
import type { WindowProgress } from '../../activities/window.ts';
import { Random } from '../../collectors/simulation/random.ts';
import { CATCH_UP_INTERVAL_MS } from '../../plans/publication.ts';
import { partsOf } from '../simulation/actors/worker.ts';
import { writeDefinitions } from '../simulation/tables.ts';
import { SimulatedProcess } from '../simulation/world/process.ts';
import { CALM, Scheduler } from '../simulation/world/scheduler.ts';
import { shapeOf } from '../simulation/world/shape.ts';
import { World } from '../simulation/world/world.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { KeptInstruments } from './kept-instruments.ts';

const RECORDS = 40;
/** Time for a few batches of six records, at some milliseconds a step. */
const WINDOW_MS = 1_000;
const CATCH_UPS = 5;
const NEVER = new AbortController().signal;

it('says of a drain whether it came to its end, or the window did', async () => {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 1 });
  const scheduler = new Scheduler(new Random('a drain'));
  const world = new World(scheduler, { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0 }, folder);
  const topic = world.watch('t1').topic;
  for (let count = 0; count < RECORDS; count += 1) topic.append(0, { hour: 0, bad: false });
  topic.commit(0);
  const parts = partsOf(world, new SimulatedProcess(scheduler, 'worker'));
  const windows: WindowProgress[] = [];
  while (windows.at(-1)?.drained !== true) {
    const input = { table: 't1', mode: 'drain', windowMs: WINDOW_MS } as const;
    const window = runWindow(parts, input, new AbortController().signal, () => undefined);
    await scheduler.run(() => false);
    windows.push(await window);
  }
  expect(windows.map(({ drained }) => drained)).toEqual([...windows.slice(1).map(() => false), true]);
  expect(windows.length).toBeGreaterThan(1);
  expect(windows.reduce((sum, { rows }) => sum + rows, 0)).toBe(RECORDS);
  expect(scheduler.violation).toBeUndefined();
});

it('counts the batches that somebody else has committed meanwhile', async () => {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 1 });
  const scheduler = new Scheduler(new Random('two deployments'));
  const world = new World(scheduler, { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0 }, folder);
  const topic = world.watch('t1').topic;
  for (let count = 0; count < RECORDS; count += 1) topic.append(0, { hour: 0, bad: false });
  topic.commit(0);
  const input = { table: 't1', mode: 'drain', windowMs: 600_000 } as const;
  const drain = (name: string): Promise<WindowProgress> =>
    runWindow(partsOf(world, new SimulatedProcess(scheduler, 'worker', name)), input, NEVER, () => undefined);
  const alone = drain('alone');
  await scheduler.run(() => false);
  const { batches, byOthers } = await alone;
  expect({ enough: batches > 5, byOthers }).toEqual({ enough: true, byOthers: 0 });

  for (let count = 0; count < RECORDS; count += 1) topic.append(0, { hour: 0, bad: false });
  topic.commit(0);
  const both = [drain('one'), drain('other')];
  await scheduler.run(() => false);
  const [one, other] = await Promise.all(both);
  expect((one?.byOthers ?? 0) + (other?.byOthers ?? 0)).toBeGreaterThanOrEqual(batches);
  expect(scheduler.violation).toBeUndefined();
});

it('publishes the batches of a catch-up together, and its last one at once', async () => {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 1 });
  const scheduler = new Scheduler(new Random('catch-ups'));
  const world = new World(scheduler, { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0 }, folder);
  const watch = world.watch('t1');
  const instruments = new KeptInstruments();
  const parts = { ...partsOf(world, new SimulatedProcess(scheduler, 'worker')), instruments };
  const publications = (): number => instruments.kept.filter(([, , { step }]) => step === 'publish').length;
  const ended = new AbortController();
  const input = { table: 't1', mode: 'continuous', windowMs: 600_000 } as const;
  const window = runWindow(parts, input, ended.signal, () => undefined);
  await scheduler.run(() => publications() > 0);
  const [beganAtMs, before] = [scheduler.nowMs, publications()];
  const delaysMs: number[] = [];
  for (let catchUps = 0; catchUps < CATCH_UPS; catchUps += 1) {
    for (let count = 0; count < 2 * RECORDS; count += 1) watch.topic.append(0, { hour: 0, bad: false });
    watch.topic.commit(0);
    await scheduler.run(() => watch.isCaughtUp);
    const caughtUpAtMs = scheduler.nowMs;
    await scheduler.run(() => world.hiveDifference() === undefined);
    delaysMs.push(scheduler.nowMs - caughtUpAtMs);
  }
  expect(Math.max(...delaysMs)).toBeLessThan(CATCH_UP_INTERVAL_MS / 2);
  // One an interval, and one at the end of each catch-up.
  const atMost = Math.ceil((scheduler.nowMs - beganAtMs) / CATCH_UP_INTERVAL_MS) + CATCH_UPS;
  expect(publications() - before).toBeLessThanOrEqual(atMost);
  ended.abort();
  await scheduler.run(() => false);
  const { batches, version, hiveVersion, publicationFailure } = await window;
  expect(batches).toBeGreaterThan(1.5 * atMost);
  expect({ hiveVersion, publicationFailure }).toEqual({ hiveVersion: version, publicationFailure: null });
  expect(scheduler.violation).toBeUndefined();
});

it('ends where a batch is to be written in parts, and the next one seals what they have become', async () => {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 3 });
  const scheduler = new Scheduler(new Random('in parts'));
  const shape = { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0, oversized: 0, odds: CALM };
  const world = new World(scheduler, shape, folder);
  const topic = world.watch('t1').topic;
  for (let count = 0; count < RECORDS; count += 1) topic.append(0, { hour: 0, bad: false });
  topic.commit(0);
  const parts = partsOf(world, new SimulatedProcess(scheduler, 'worker'));
  const done = async <T>(work: Promise<T>): Promise<T> => {
    await scheduler.run(() => false);
    return work;
  };
  const input = { table: 't1', mode: 'drain', windowMs: 600_000 } as const;
  const first = await done(runWindow(parts, input, NEVER, () => undefined));
  expect(first).toMatchObject({ batches: 0, drained: false, parts: { sequence: 1, revision: 0, shards: 3 } });

  const batch = { sequence: 1, revision: 0 };
  const writer = BatchWriter.open(parts, 't1');
  for (const shard of [2, 0]) await done(writer.writePart(batch, shard, NEVER));
  // Neither a part that is there nor one of another plan is written.
  await done(writer.writePart(batch, 0, NEVER));
  await done(writer.writePart({ ...batch, revision: 1 }, 1, NEVER));
  expect(world.watch('t1').partsRead).toBe(1);

  const second = await done(runWindow(parts, { ...input, parted: 1 }, NEVER, () => undefined));
  expect(second).toMatchObject({ batches: 1, rows: 18, sequence: 1, parts: { sequence: 2, shards: 3 } });
  expect(scheduler.violation).toBeUndefined();
});
