import { describe, expect, test } from 'vitest';
import type { HealthRecord } from '../../../collectors/record.ts';
import {
  INCIDENT_KINDS,
  incidentFrom,
  type Incident,
  type IncidentKind,
} from '../../../collectors/simulation/incident.ts';
import { Random } from '../../../collectors/simulation/random.ts';
import { SimulatedServer } from '../../../collectors/simulation/server.ts';

const START_MS = Date.UTC(2026, 10, 23);
const REFERENCE = { cpu_pct: 100, memory_pct: 99, network_receive_bytes_per_s: 1e9 };

function run(server: SimulatedServer, seconds: number, stepS = 1): HealthRecord[] {
  const steps = Math.ceil(seconds / stepS);
  return Array.from({ length: steps }, (_, step) => server.step(START_MS + (step + 1) * stepS * 1000, REFERENCE));
}

function expectPhysical(record: HealthRecord): void {
  const share = (name: string, value: unknown): void => {
    if (!name.endsWith('_pct')) return;
    expect(value, `${record.host} ${name}`).toBeGreaterThanOrEqual(0);
    expect(value, `${record.host} ${name}`).toBeLessThanOrEqual(100);
  };
  for (const [name, value] of Object.entries(record)) {
    share(name, value);
    if (typeof value === 'number') expect(value, `${record.host} ${name}`).toBeGreaterThanOrEqual(0);
  }
  const { cpu_pct = NaN, cpu_user_pct = NaN, cpu_system_pct = NaN, cpu_steal_pct = NaN, cpu_iowait_pct = NaN } = record;
  expect(cpu_user_pct + cpu_system_pct + cpu_steal_pct).toBeCloseTo(cpu_pct, 6);
  expect(cpu_pct + cpu_iowait_pct).toBeLessThanOrEqual(100.000001);
  const { memory_total_bytes = NaN, memory_available_bytes = NaN, memory_pct } = record;
  expect(memory_pct).toBeCloseTo(100 * (1 - memory_available_bytes / memory_total_bytes), 6);
  const { disk_total_bytes = NaN, disk_used_bytes = NaN, disk_pct } = record;
  expect(disk_pct).toBeCloseTo((100 * disk_used_bytes) / disk_total_bytes, 6);
  expect(record.swap_used_bytes).toBeLessThanOrEqual(record.swap_total_bytes ?? NaN);
  expect(Number.isInteger(record.processes_running) && Number.isInteger(record.processes_total)).toBe(true);
}

test('figures stay within what is possible, and agree with each other, for a day of fifty servers', () => {
  for (let index = 0; index < 50; index += 1) {
    const server = new SimulatedServer(`server-${index}`, START_MS);
    for (const record of run(server, 86_400, 1800)) expectPhysical(record);
  }
});

test('a server that is well looks well, whatever this machine does', () => {
  for (let index = 0; index < 50; index += 1) {
    for (const record of run(new SimulatedServer(`server-${index}`, START_MS), 86_400, 900)) {
      expect(record.cpu_pct).toBeLessThan(80);
      expect(record.memory_pct).toBeLessThan(80);
      expect(record.disk_pct).toBeLessThan(80);
      expect((record.load_1 ?? NaN) / (record.cores ?? NaN)).toBeLessThan(1);
    }
  }
});

test('the same host at the same times gives the same records, another host others', () => {
  const records = run(new SimulatedServer('sim-001', START_MS), 60);
  expect(run(new SimulatedServer('sim-001', START_MS), 60)).toEqual(records);
  expect(run(new SimulatedServer('sim-002', START_MS), 60)).not.toEqual(records);
});

test('figures drift, they do not jump', () => {
  const records = run(new SimulatedServer('sim-001', START_MS), 600);
  const steps = records
    .slice(1)
    .map((record, index) => Math.abs((record.cpu_pct ?? NaN) - (records[index]?.cpu_pct ?? NaN)));
  expect(Math.max(...steps)).toBeLessThan(5);
  expect(Math.max(...steps)).toBeGreaterThan(0);
});

test('a server follows this machine', () => {
  const [busy, idle] = [100, 0].map((cpu_pct) =>
    new SimulatedServer('sim-001', START_MS).step(START_MS + 1000, { cpu_pct }),
  );
  expect(busy?.cpu_pct).toBeGreaterThan(idle?.cpu_pct ?? NaN);
});

test('it is marked as simulated, has the time of its reading and all columns', () => {
  const record = new SimulatedServer('sim-001', START_MS).step(START_MS + 1234);
  expect(record).toMatchObject({ host: 'sim-001', simulated: true, event_time: '2026-11-23T00:00:01.234Z' });
  expect(Object.keys(record)).toHaveLength(33);
});

describe.each(INCIDENT_KINDS)('%s', (kind) => {
  const worst: Readonly<Record<IncidentKind, (record: HealthRecord) => number>> = {
    'cpu-runaway': ({ cpu_pct = NaN }) => cpu_pct,
    'memory-leak': ({ memory_pct = NaN }) => memory_pct,
    'disk-filling': ({ disk_pct = NaN }) => disk_pct,
    'load-storm': ({ cpu_pct = NaN }) => cpu_pct,
    'io-stall': ({ disk_busy_pct = NaN }) => disk_busy_pct,
  };

  test.each(['warning', 'critical'] as const)('of severity %s builds up, lasts, and is over', (severity) => {
    const server = new SimulatedServer('sim-007', START_MS);
    const incident: Incident = {
      ...incidentFrom(new Random('x'), severity, START_MS),
      kind,
      startMs: START_MS + 60_000,
    };
    server.suffer({ ...incident, buildUpMs: 60_000, lastsMs: 60_000, recoveryMs: 10_000 });
    const records = run(server, 200);
    records.forEach(expectPhysical);
    const figures = records.map(worst[kind]);
    expect(figures[30]).toBeLessThan(80);
    expect(figures[150]).toBeGreaterThan(severity === 'critical' || kind === 'io-stall' ? 95 : 85);
    expect(figures[199]).toBeLessThan(80);
    expect(server.isWell(START_MS + 150_000)).toBe(false);
    expect(server.isWell(START_MS + 190_001)).toBe(true);
  });
});
