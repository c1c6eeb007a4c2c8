import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import {
  partitionOf,
  planOf,
  plannedShipment,
  sequenceAfter,
  shipmentOf,
  type Session,
} from '../../../collectors/delivery/shipment.ts';
import type { Outgoing } from '../../../collectors/record.ts';

const record = (key: string, timestampMs: number): Outgoing => ({ key, value: `{"host":"${key}"}`, timestampMs });
const session = (): Session => ({ producerId: 2n ** 40n, producerEpoch: 1, nextSequences: new Map() });
const RECORDS = Array.from({ length: 60 }, (_, index) => record(`sim-${index % 20}`, index));

test('keys go to the partitions that an unrelated client chooses', () => {
  const partitionMetadata = [0, 1, 2, 3, 4].map((partitionId) => ({ partitionId, leader: 1 }));
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  for (const key of ['vm', 'sim-001', 'sim-200', 'db-7.example.org', 'ümläut', '']) {
    const theirs = choose({ topic: 't', partitionMetadata: partitionMetadata as never, message: { key, value: '' } });
    expect(partitionOf(key, 5), key).toBe(theirs);
  }
});

test('sequence numbers start over after the largest of 32 bits', () => {
  expect(sequenceAfter(0, 5)).toBe(5);
  expect(sequenceAfter(2 ** 31 - 3, 2)).toBe(2 ** 31 - 1);
  expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
  expect(sequenceAfter(2 ** 31 - 3, 5)).toBe(2);
});

test('records keep their order in their partition, and numbers go on from shipment to shipment', () => {
  const own = session();
  const first = shipmentOf(RECORDS, 3, own);
  expect(first.batches.flatMap(({ records }) => records)).toHaveLength(60);
  for (const { partition, records, firstSequence } of first.batches) {
    expect(firstSequence).toBe(0);
    expect(records).toEqual(RECORDS.filter(({ key }) => partitionOf(key, 3) === partition));
  }
  for (const { partition, firstSequence } of shipmentOf(RECORDS, 3, own).batches) {
    expect(firstSequence).toBe(first.batches.find((batch) => batch.partition === partition)?.records.length);
  }
});

test('a noted plan makes the same shipment of the same records again', () => {
  const own = session();
  shipmentOf(RECORDS, 3, own);
  const shipment = shipmentOf(RECORDS, 3, own);
  const plan = planOf(shipment);
  expect(plan).toBeDefined();
  if (plan) expect(plannedShipment(RECORDS, JSON.parse(JSON.stringify(plan)) as typeof plan)).toEqual(shipment);
});

test('nothing to send needs no plan', () => {
  expect(planOf(shipmentOf([], 3, session()))).toBeUndefined();
});
