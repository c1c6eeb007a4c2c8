import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Delivery, FLUSH_LIMIT_MS, SPOOL_AFTER_MS, type Producer } from '../../../collectors/delivery/delivery.ts';
import { shipmentOf, type Shipment } from '../../../collectors/delivery/shipment.ts';
import type { Outgoing } from '../../../collectors/record.ts';
import { Spool } from '../../../collectors/spool/spool.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';

const AWAY = new SluiceError('KAFKA_UNREACHABLE', 'No broker could be used.', { remedy: 'Start one.' });

/** A topic in memory that can be away: like Kafka, it keeps a shipment that is tried again only once. */
class Topic implements Producer {
  readonly arrived: Outgoing[] = [];
  readonly shipments: Shipment[] = [];
  isAway = false;
  readonly #session = { producerId: 1n, producerEpoch: 0, nextSequences: new Map<number, number>() };
  #back: (() => void)[] = [];
  #rejects: ((reason: Error) => void)[] = [];

  prepare(records: readonly Outgoing[]): Promise<Shipment> {
    return Promise.resolve(shipmentOf(records, 3, this.#session));
  }

  async send(shipment: Shipment): Promise<void> {
    this.shipments.push(shipment);
    if (this.isAway) {
      await new Promise<void>((resolve, reject) => {
        this.#back.push(resolve);
        this.#rejects.push(reject);
      });
    }
    this.arrived.push(...shipment.batches.flatMap(({ records }) => records));
  }

  comeBack(): void {
    this.isAway = false;
    for (const resolve of this.#back.splice(0)) resolve();
  }

  abort(): void {
    for (const reject of this.#rejects.splice(0)) reject(new Error('aborted'));
  }
}

let folder: string;
let topic: Topic;
let events: string[];
let outcomes: boolean[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-delivery-'));
  topic = new Topic();
  events = [];
  outcomes = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function delivery(maxBytes = 10 ** 6): { own: Delivery; ended: Promise<void>; stop: () => Promise<void> } {
  const log = (_: string, event: string): void => void events.push(event);
  const own = new Delivery(topic, new Spool(folder, maxBytes), log, (spooling) => outcomes.push(spooling));
  const ended = own.run();
  const stop = async (): Promise<void> => {
    await own.stop(() => topic.abort());
    await ended;
  };
  return { own, ended, stop };
}

function records(from: number, to: number): Outgoing[] {
  return Array.from({ length: to - from }, (_, index) => {
    const event_time = new Date(1_700_000_000_000 + from + index).toISOString();
    return { key: 'a', value: JSON.stringify({ host: 'a', event_time }), timestampMs: Date.parse(event_time) };
  });
}

test('while Kafka answers nothing touches the disk', async () => {
  const { own, stop } = delivery();
  own.push(records(0, 10));
  await vi.waitFor(() => expect(own.acknowledged).toBe(10));
  own.push(records(10, 20));
  await vi.waitFor(() => expect(own.acknowledged).toBe(20));
  await stop();
  expect(topic.arrived).toEqual(records(0, 20));
  expect([outcomes, events]).toEqual([[false], []]);
});

test('from the first failure until all has arrived, records go through the spool, in order and once', async () => {
  const { own, stop } = delivery();
  topic.isAway = true;
  own.push(records(0, 3));
  await vi.waitFor(() => expect(topic.shipments).toHaveLength(1));
  own.push(records(3, 6));
  own.failed(AWAY);
  own.push(records(6, 9));
  expect([own.spooled, outcomes]).toEqual([9, [true]]);
  topic.comeBack();
  await vi.waitFor(() => expect(own.acknowledged).toBe(9));
  own.push(records(9, 10));
  await vi.waitFor(() => expect(own.acknowledged).toBe(10));
  await stop();
  expect(topic.arrived).toEqual(records(0, 10));
  expect(events).toEqual(['spooling-started', 'spool-drained']);
});

test('Kafka that says nothing at all is away too', async () => {
  const { own, stop } = delivery();
  topic.isAway = true;
  own.push(records(0, 3));
  await vi.waitFor(() => expect(own.spooled).toBe(3), { timeout: SPOOL_AFTER_MS + 1000 });
  topic.comeBack();
  await vi.waitFor(() => expect(own.acknowledged).toBe(3));
  await stop();
  expect(topic.arrived).toEqual(records(0, 3));
});

test('a process that ends while Kafka is away leaves all on disk, and the next sends it in the same way', async () => {
  const first = delivery();
  topic.isAway = true;
  first.own.push(records(0, 3));
  await vi.waitFor(() => expect(topic.shipments).toHaveLength(1));
  first.own.failed(AWAY);
  first.own.push(records(3, 5));
  await first.stop();
  topic.isAway = false;
  const second = delivery();
  await vi.waitFor(() => expect(second.own.acknowledged).toBe(5));
  await second.stop();
  expect(topic.arrived).toEqual(records(0, 5));
  expect(topic.shipments[1]).toEqual(topic.shipments[0]);
  expect(events).toContain('spool-found');
});

test('a stop waits for what is on its way, but not for ever: the rest goes to disk', async () => {
  const { own, stop } = delivery();
  topic.isAway = true;
  const startedMs = performance.now();
  own.push(records(0, 3));
  await stop();
  expect(performance.now() - startedMs).toBeLessThan(FLUSH_LIMIT_MS + 1000);
  expect(own.spooled).toBe(3);
});

test('at the limit of the spool, what is lost is counted and said', async () => {
  const { own, stop } = delivery(16_000);
  topic.isAway = true;
  own.push(records(0, 1));
  await vi.waitFor(() => expect(topic.shipments).toHaveLength(1));
  own.failed(AWAY);
  for (let from = 1; from < 1001; from += 10) own.push(records(from, from + 10));
  expect(own.lost).toBeGreaterThan(0);
  topic.comeBack();
  await vi.waitFor(() => expect(own.spooled).toBe(0));
  await vi.waitFor(() => expect(events).toContain('spool-drained'));
  await stop();
  expect(own.acknowledged + own.lost).toBe(1001);
  expect(topic.arrived.slice(1)).toEqual(records(1001 - (topic.arrived.length - 1), 1001));
  expect(events).toContain('records-lost');
});
