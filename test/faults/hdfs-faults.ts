import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { REQUEST_LIMITS } from '../../lake/storage/retry.ts';
import { waitFor } from '../wait-for.ts';
import { killComponents, pauseComponents } from './component-fault.ts';
import { TableUnderLoad } from './table-under-load.ts';

const NAME_NODE = 'hdfs-namenode';
const DATA_NODE = 'hdfs-datanode';
const NODES = [
  ['the NameNode', NAME_NODE],
  ['the DataNode', DATA_NODE],
] as const;
const STEPS = ['write', 'seal', 'commit', 'publish'] as const;
/** So long that requests which were under way are given up, and what they asked for is done afterwards. */
const PAUSE_MS = REQUEST_LIMITS.attemptMs + 5_000;
/** For a worker to come to the step at which it stands, and time enough there to be met by the other fault. */
const STRIKE_LIMIT_MS = 60_000;
const STAND_STILL_MS = 4_000;
const BACK_LIMIT_MS = 120_000;

/** A lake in HDFS, of whose two daemons each fails while a worker works or stands at a step. */
export function testHdfs(): void {
  describe('a lake in HDFS', () => {
    let table: TableUnderLoad;

    beforeAll(async () => {
      table = await TableUnderLoad.start({ environment: { SLUICE_LAKE: 'hdfs:///lake' } });
    });

    afterEach(async () => table.stopProcesses());

    afterAll(async () => table.stop());

    it.each(NODES)('kill -9 of %s', async (_, node) => {
      await table.run('worker');
      await table.recovered();
      await killUntilBack(table, node);
      await table.judge();
    });

    it.each(NODES)('SIGSTOP of %s beyond the time-out of requests, and SIGCONT', async (_, node) => {
      await table.run('worker');
      await table.recovered();
      await pauseComponents(table.test, [node], PAUSE_MS);
      await answering(table);
      await table.judge();
    });

    const standing = STEPS.flatMap((step) => NODES.map(([name, node]) => [name, step, node] as const));
    it.each(standing)('kill -9 of %s while a worker stands at %s', async (_, step, node) => {
      const worker = table.runFaulty('worker', `${step}:before:hang:${STAND_STILL_MS}`);
      await worker.struck(STRIKE_LIMIT_MS);
      await killUntilBack(table, node);
      await table.judge();
    });
  });
}

/** Kills one of HDFS's daemons and waits until the one that the stack starts in its place serves. */
async function killUntilBack(table: TableUnderLoad, node: string): Promise<void> {
  const component = table.test.stack.component(node);
  const { pid } = component;
  killComponents(table.test, [node]);
  await waitFor(`${node} to be started again`, BACK_LIMIT_MS, () =>
    Promise.resolve(component.pid !== pid || undefined),
  );
  await answering(table);
}

/** Both daemons answer, and the NameNode has left safe mode: the judge looks at the lake by itself, and has less patience than a worker. */
async function answering({ test }: TableUnderLoad): Promise<void> {
  for (const node of [NAME_NODE, DATA_NODE]) {
    const { component } = test.stack.component(node);
    await waitFor(`${node} to answer`, BACK_LIMIT_MS, async () => (await component.isReady('')) || undefined);
  }
}
