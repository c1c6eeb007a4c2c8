import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Outgoing } from '../../../collectors/record.ts';
import { SEGMENT_MAX_BYTES, Spool } from '../../../collectors/spool/spool.ts';

const ALL_BYTES = 10 ** 9;
const PLAN = { partitionCount: 3, producerId: '7', producerEpoch: 0, firstSequences: { 0: 5 } };

let folder: string;
let made = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-spool-'));
  made = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (maxBytes = 10 ** 6): Spool => new Spool(folder, maxBytes);

/** Records of 100 bytes on disk each. */
function records(count: number): Outgoing[] {
  return Array.from({ length: count }, () => {
    const timestampMs = 1_700_000_000_000 + made++;
    const record = { host: 'a', event_time: new Date(timestampMs).toISOString(), pad: '' };
    record.pad = 'x'.repeat(99 - JSON.stringify(record).length);
    return { key: 'a', value: JSON.stringify(record), timestampMs };
  });
}

function drain(spool: Spool, maxBytes = ALL_BYTES): Outgoing[] {
  const all: Outgoing[] = [];
  for (let next = spool.next(maxBytes); next; next = spool.next(maxBytes)) {
    all.push(...next.records);
    spool.commit(next.end, next.records.length);
  }
  return all;
}

const bytesOnDisk = (): number =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

test('records come out as they went in, and nothing is left on disk', () => {
  const spool = open();
  const all = records(5);
  spool.append(all.slice(0, 2));
  spool.append(all.slice(2));
  expect([spool.records, spool.bytes]).toEqual([5, 500]);
  expect(drain(spool)).toEqual(all);
  expect([spool.records, spool.bytes, readdirSync(folder)]).toEqual([0, 0, []]);
  const more = records(2);
  spool.append(more);
  expect(drain(spool)).toEqual(more);
});

test('a part is as large as asked for, and never less than one record', () => {
  const spool = open();
  const all = records(5);
  spool.append(all);
  expect(spool.next(250)?.records).toEqual(all.slice(0, 2));
  expect(spool.next(10)?.records).toEqual(all.slice(0, 1));
});

test('what is read but not committed is read again', () => {
  const spool = open();
  const all = records(3);
  spool.append(all);
  expect(spool.next(100)?.records).toEqual(all.slice(0, 1));
  expect(drain(spool)).toEqual(all);
});

test('many segments keep their order', () => {
  const spool = open(16_000); // segments of 1000 bytes
  const all = records(95);
  spool.append(all);
  expect(readdirSync(folder)).toHaveLength(10);
  expect(drain(spool, 250)).toEqual(all);
});

test('the largest segment is bounded', () => {
  expect(SEGMENT_MAX_BYTES).toBe(8 * 1024 ** 2);
});

describe('at the limit', () => {
  test('the oldest segment is dropped, and its records are counted as lost', () => {
    const spool = open(16_000);
    const all = records(165);
    expect(spool.append(all.slice(0, 160))).toBe(0);
    expect(spool.append(all.slice(160))).toBe(10);
    expect(spool.records).toBe(155);
    expect(bytesOnDisk()).toBeLessThanOrEqual(16_000);
    expect(drain(spool)).toEqual(all.slice(10));
  });

  test('records that were sent already, or are being sent, are not lost with their segment', () => {
    const spool = open(16_000);
    const all = records(161);
    spool.append(all.slice(0, 160));
    const sent = spool.next(300);
    spool.commit(sent?.end ?? 0, 3);
    const inHand = spool.next(400);
    spool.takeInHand(inHand?.end ?? 0, PLAN);
    expect(spool.append(all.slice(160))).toBe(3);
    expect(spool.records).toBe(151);
    spool.commit(inHand?.end ?? 0, 4);
    expect(spool.records).toBe(151);
    expect(drain(spool)).toEqual(all.slice(10));
  });
});

describe('after the end of the process that wrote it', () => {
  test('what it had not sent is there, from where it was', () => {
    const all = records(25);
    const before = open(16_000);
    before.append(all);
    const sent = before.next(300);
    before.commit(sent?.end ?? 0, 3);
    const after = open(16_000);
    expect([after.records, after.bytes]).toEqual([22, 2200]);
    const more = records(3);
    after.append(more);
    expect(drain(after)).toEqual([...all.slice(3), ...more]);
  });

  test('a torn last line is discarded', () => {
    const all = records(2);
    open().append(all);
    appendFileSync(join(folder, readdirSync(folder)[0] ?? ''), '{"host":"a","event_ti');
    const after = open();
    const more = records(1);
    after.append(more);
    expect(drain(after)).toEqual([...all, ...more]);
  });

  test('what was being sent comes again in the same piece, with the way in which it was being sent', () => {
    const all = records(25);
    const before = open(16_000);
    before.append(all);
    before.takeInHand(1200, PLAN); // across two segments
    const next = open(16_000).next(100);
    expect(next?.records).toEqual(all.slice(0, 12));
    expect(next?.planned).toMatchObject(PLAN);
  });

  test('once that has arrived, what follows has no such plan', () => {
    const before = open();
    before.append(records(4));
    before.takeInHand(200, PLAN);
    const after = open();
    after.commit(after.next(100)?.end ?? 0, 2);
    expect(after.next(ALL_BYTES)).toMatchObject({ planned: undefined, end: 400 });
    expect(open().next(ALL_BYTES)?.planned).toBeUndefined();
  });

  test('an unreadable cursor means that nothing is known to be sent', () => {
    const all = records(3);
    const before = open();
    before.append(all);
    before.commit(before.next(100)?.end ?? 0, 1);
    writeFileSync(join(folder, 'cursor.json'), '{"posi');
    expect(drain(open())).toEqual(all);
  });

  test('a cursor that outlived its segments does not hide new records', () => {
    writeFileSync(join(folder, 'cursor.json'), '{"position":5000}');
    const spool = open();
    const all = records(2);
    spool.append(all);
    expect(drain(open())).toEqual(all);
  });

  test('a segment that somebody deleted is passed over', () => {
    const all = records(30);
    open(16_000).append(all);
    rmSync(join(folder, '0000000000001000.ndjson'));
    const spool = open(16_000);
    expect(drain(spool)).toEqual([...all.slice(0, 10), ...all.slice(20)]);
    expect(spool.records).toBe(0);
  });

  test('a line that the disk damaged is counted and passed over', () => {
    const all = records(1);
    writeFileSync(join(folder, '0000000000000000.ndjson'), `\0\0{"half\n${all[0]?.value ?? ''}\n{"host":7}\n`);
    const next = open().next(ALL_BYTES);
    expect(next?.records).toEqual(all);
    expect(next?.damaged).toBe(2);
  });
});
