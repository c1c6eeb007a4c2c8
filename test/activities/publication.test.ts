import { expect, it } from 'vitest';
import { IngestTable } from '../../activities/ingest-table.ts';
import { type PublicationUrgency, TablePublication } from '../../activities/publication.ts';
import { Random } from '../../collectors/simulation/random.ts';
import { CATCH_UP_INTERVAL_MS } from '../../plans/publication.ts';
import { partsOf } from '../simulation/actors/worker.ts';
import { writeDefinitions } from '../simulation/tables.ts';
import { SimulatedProcess } from '../simulation/world/process.ts';
import { Scheduler } from '../simulation/world/scheduler.ts';
import { shapeOf } from '../simulation/world/shape.ts';
import { World } from '../simulation/world/world.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const NEVER = new AbortController().signal;
/** What a publication takes at most, at some milliseconds a step. */
const PUBLISHING_MS = 500;

/** A table whose publication has just begun by bringing Hive up to date, and time that goes on with what is done only. */
async function publishedTable() {
  const folder = temporaryFolder();
  writeDefinitions(folder, { shards: 1 });
  const scheduler = new Scheduler(new Random('publication'));
  const world = new World(scheduler, { ...shapeOf(scheduler.random), tables: 1, partitions: 1, poisoned: 0 }, folder);
  const parts = partsOf(world, new SimulatedProcess(scheduler, 'worker'));
  const done = async <T>(work: Promise<T>): Promise<T> => {
    let isDone = false;
    void work.finally(() => (isDone = true));
    await scheduler.run(() => isDone);
    return work;
  };
  const table = await done(IngestTable.open(parts, 't1', NEVER));
  const beganAtMs = scheduler.nowMs;
  const publication = new TablePublication(parts, table.shape);
  await scheduler.run(() => publication.version !== undefined);
  publication.takePublished();
  return {
    publication,
    done,
    elapsedMs: () => scheduler.nowMs - beganAtMs,
    quiet: () => scheduler.run(() => false),
    shown: (version: number) => scheduler.run(() => publication.version === version),
    /** @returns the version, whose publication is asked for */
    commit: async (urgency: PublicationUrgency): Promise<number> => {
      const { topic } = world.watch('t1');
      topic.append(0, { hour: 0, bad: false });
      topic.commit(0);
      const planned = await done(table.plan(NEVER));
      if (planned === undefined) throw new Error('there is nothing to commit');
      const version = await done(table.writeAndSeal(planned.plan, NEVER).then((seal) => table.commit(seal, [])));
      publication.request(urgency);
      return version ?? -1;
    },
    takePublished: () => publication.takePublished().map(({ version }) => version),
  };
}

it('publishes together what comes while more waits, an interval after it last began', async () => {
  const { publication, commit, shown, quiet, takePublished, elapsedMs } = await publishedTable();
  await commit('soon');
  const newest = await commit('soon');
  expect(elapsedMs()).toBeLessThan(CATCH_UP_INTERVAL_MS);
  expect(takePublished()).toEqual([]);
  expect(publication.failure).toBeUndefined();

  await shown(newest);
  expect(elapsedMs()).toBeGreaterThanOrEqual(CATCH_UP_INTERVAL_MS);
  expect(elapsedMs()).toBeLessThan(CATCH_UP_INTERVAL_MS + PUBLISHING_MS);
  await quiet();
  expect(takePublished()).toEqual([newest]);
});

it('publishes at once, with all that was held, what leaves nothing waiting', async () => {
  const { commit, shown, takePublished, elapsedMs } = await publishedTable();
  await commit('soon');
  const newest = await commit('now');
  await shown(newest);
  expect(takePublished()).toEqual([newest]);
  expect(elapsedMs()).toBeLessThan(CATCH_UP_INTERVAL_MS);
});

it('does not put off what is wanted now for what is wanted soon', async () => {
  const { publication, commit, shown, elapsedMs } = await publishedTable();
  const newest = await commit('soon');
  publication.request('now');
  publication.request('soon');
  await shown(newest);
  expect(elapsedMs()).toBeLessThan(CATCH_UP_INTERVAL_MS);
});

it('publishes what was held where it is to end', async () => {
  const { publication, commit, done, takePublished, elapsedMs } = await publishedTable();
  const newest = await commit('soon');
  await done(publication.stop());
  expect(takePublished()).toEqual([newest]);
  expect(elapsedMs()).toBeLessThan(CATCH_UP_INTERVAL_MS);
});
