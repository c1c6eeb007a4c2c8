import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { figuresOf } from '../../collectors/figures.ts';
import type { Reading } from '../../collectors/reading.ts';

const EMPTY: Reading = {
  takenAtMs: Date.UTC(2026, 10, 23, 5, 6, 7, 89),
  monotonicMs: 10_000,
  ...{ cpu: undefined, memory: undefined, load: undefined, uptimeS: undefined, disks: undefined },
  ...{ interfaces: undefined, pressureCpu: undefined, pressureMemory: undefined, pressureIo: undefined },
  space: undefined,
};

const cpu = (user: number, idle: number) => ({
  ...{ cores: 4, user, system: 0, idle, iowait: 0, steal: 0, running: 2, blocked: 1 },
});

const FULL: Reading = {
  ...EMPTY,
  cpu: cpu(100, 300),
  memory: {
    ...{ memory_total_bytes: 100, memory_available_bytes: 75, memory_pct: 25 },
    ...{ swap_total_bytes: 0, swap_used_bytes: 0 },
  },
  load: { load_1: 1, load_5: 2, load_15: 3, tasks: 99 },
  uptimeS: 1234,
  disks: new Map([['sda', { readBytes: 4000, writtenBytes: 8000, busyMs: 600 }]]),
  interfaces: new Map([['eth0', { receivedBytes: 500, transmittedBytes: 250 }]]),
  ...{ pressureCpu: 1, pressureMemory: 2, pressureIo: 3 },
  space: { disk_mount: '/', disk_total_bytes: 1000, disk_used_bytes: 500, disk_pct: 55 },
};

const BEFORE: Reading = {
  ...FULL,
  monotonicMs: 8_000,
  cpu: cpu(50, 150),
  disks: new Map([['sda', { readBytes: 0, writtenBytes: 0, busyMs: 0 }]]),
  interfaces: new Map([['eth0', { receivedBytes: 100, transmittedBytes: 50 }]]),
};

test('a full record has exactly the columns of the table', () => {
  const table = parse(readFileSync('tables/server_health.yaml', 'utf8')) as { columns: { name: string }[] };
  const record = figuresOf('here', BEFORE, FULL);
  expect(Object.keys(JSON.parse(JSON.stringify(record)) as object).sort()).toEqual(
    table.columns.map(({ name }) => name).sort(),
  );
  expect(record).toMatchObject({
    ...{ host: 'here', event_time: '2026-11-23T05:06:07.089Z', simulated: false, cores: 4, uptime_s: 1234 },
    ...{ cpu_pct: 25, cpu_user_pct: 25, load_15: 3, memory_pct: 25, disk_mount: '/', disk_pct: 55 },
    ...{ disk_read_bytes_per_s: 2000, disk_write_bytes_per_s: 4000, disk_busy_pct: 30 },
    ...{ network_receive_bytes_per_s: 200, network_transmit_bytes_per_s: 100 },
    ...{ processes_running: 2, processes_blocked: 1, processes_total: 99, pressure_io_pct: 3 },
  });
});

test('the first reading has no rates, and all else', () => {
  const record = JSON.parse(JSON.stringify(figuresOf('here', undefined, FULL))) as object;
  expect(record).not.toHaveProperty('cpu_pct');
  expect(record).not.toHaveProperty('disk_busy_pct');
  expect(record).not.toHaveProperty('network_receive_bytes_per_s');
  expect(record).toMatchObject({ cores: 4, load_1: 1, pressure_cpu_pct: 1 });
});

test('where nothing can be read, a record still says that the server is there', () => {
  expect(JSON.parse(JSON.stringify(figuresOf('here', EMPTY, EMPTY)))).toEqual({
    ...{ host: 'here', event_time: '2026-11-23T05:06:07.089Z', simulated: false },
  });
});
