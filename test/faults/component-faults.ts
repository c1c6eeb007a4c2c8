import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { BROKERS, killComponents, pauseComponents, SERVICES } from './component-fault.ts';
import { cutNetwork, OWN_NETWORK } from './network-cut.ts';
import type { TableUnderLoad } from './table-under-load.ts';

/** Beyond the time-outs of heartbeats and of brokers' sessions. */
const PAUSE_MS = 15_000;
/** Too small for a worker, at whatever it is then. */
const SMALL_HEAP = '--max-old-space-size=24';
/** Time for the other fault to take hold; less than a heartbeat's time-out, so that the step goes on and meets it. */
const STAND_STILL_MS = 4_000;
const INGEST_STEPS = ['plan', 'write', 'seal', 'commit', 'publish'] as const;

/** A service of the stack, several at once, or what lies between it and Sluice, fails while a worker works or stands at a step. */
export function testComponents(table: () => TableUnderLoad): void {
  const targets: [name: string, components: readonly string[]][] = [
    ...SERVICES.map((name): [string, readonly string[]] => [name, [name]]),
    ['all brokers', BROKERS],
  ];

  describe('a service that fails', () => {
    it.each(targets)('kill -9 of %s', async (_, names) => {
      await table().run('worker');
      await table().recovered();
      killComponents(table().test, names);
      await table().judge();
    });

    it.each(targets)('SIGSTOP of %s, and SIGCONT', async (_, names) => {
      await table().run('worker');
      await table().recovered();
      await pauseComponents(table().test, names, PAUSE_MS);
      await table().judge();
    });
  });

  describe('a worker that fails anywhere', () => {
    it('kill -9 of it', async () => {
      const worker = await table().run('worker');
      await table().recovered();
      worker.signal('SIGKILL');
      await table().run('worker');
      await table().judge();
    });

    it('SIGSTOP until another has taken over, and SIGCONT', async () => {
      const worker = await table().run('worker');
      await table().recovered();
      worker.signal('SIGSTOP');
      await table().run('worker');
      await table().grown(5);
      worker.signal('SIGCONT');
      await table().judge();
    });

    it('a heap that is too small', async () => {
      const worker = table().runFaulty('worker', '', { NODE_OPTIONS: SMALL_HEAP });
      await worker.ended(120_000);
      await table().run('worker');
      await table().judge();
    });
  });

  describe.each(INGEST_STEPS)('a worker stands at %s', (step) => {
    it.each(targets.filter(([name]) => !['kafka-2', 'kafka-3'].includes(name)))('kill -9 of %s', async (_, names) => {
      const worker = table().runFaulty('worker', `${step}:before:hang:${STAND_STILL_MS}`);
      await worker.struck(PAUSE_MS * 4);
      killComponents(table().test, names);
      await table().judge();
    });
  });

  if (OWN_NETWORK) testNetwork(table);
}

function testNetwork(table: () => TableUnderLoad): void {
  const cuts: [what: string, ports: (table: TableUnderLoad) => number[]][] = [
    ['a broker', ({ test }) => [test.settings.ports.kafka]],
    ['all brokers', ({ test }) => BROKERS.map((_, index) => test.settings.ports.kafka + index)],
    ['the metastore', ({ test }) => [test.settings.ports.metastore]],
    ['Temporal', ({ test }) => [test.settings.ports.temporal]],
  ];
  describe('a network that is cut', () => {
    it.each(cuts)('no answer from %s', async (_, ports) => {
      await table().run('worker');
      await table().recovered();
      const heal = cutNetwork(ports(table()));
      try {
        await sleep(PAUSE_MS);
      } finally {
        heal();
      }
      await table().judge();
    });
  });
}
