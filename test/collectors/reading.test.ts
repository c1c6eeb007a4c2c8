import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMounts, takeReading } from '../../collectors/reading.ts';

let proc: string;

beforeAll(() => {
  proc = mkdtempSync(join(tmpdir(), 'sluice-proc-'));
  mkdirSync(join(proc, 'net'));
  writeFileSync(join(proc, 'stat'), 'cpu  1 2 3 4 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n');
  writeFileSync(join(proc, 'loadavg'), '0.10 0.20 0.30 1/50 99\n');
  writeFileSync(join(proc, 'net', 'dev'), '  eth0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n');
});

afterAll(() => rmSync(proc, { recursive: true }));

test('this machine can be read', () => {
  const reading = takeReading(undefined);
  expect(Math.abs(reading.takenAtMs - Date.now())).toBeLessThan(1000);
  expect(reading.cpu?.cores).toBeGreaterThan(0);
  expect(reading.memory?.memory_total_bytes).toBeGreaterThan(0);
  expect(reading.load?.tasks).toBeGreaterThan(0);
  expect(reading.uptimeS).toBeGreaterThan(0);
  expect(reading.interfaces).toBeInstanceOf(Map);
});

test('files that a container hides are left out, and the others read', () => {
  const reading = takeReading(undefined, proc, join(proc, 'no-sys'));
  expect(reading).toMatchObject({ cpu: { cores: 1 }, load: { load_1: 0.1 } });
  expect([...(reading.interfaces?.keys() ?? [])]).toEqual(['eth0']);
  expect(reading.memory).toBeUndefined();
  expect(reading.disks).toBeUndefined();
  expect(reading.uptimeS).toBeUndefined();
  expect(reading.pressureCpu).toBeUndefined();
  expect(readMounts(proc)).toEqual([]);
});
