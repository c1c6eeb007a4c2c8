import { expect, test } from 'vitest';
import type { HealthRecord } from '../../../collectors/record.ts';
import { SLOTS_PER_INTERVAL } from '../../../collectors/schedule.ts';
import { Fleet } from '../../../collectors/simulation/fleet.ts';
import { judgeFigures, type State } from '../../../dashboard/server-state.ts';

const START_MS = Date.UTC(2026, 10, 23, 9);

function second(fleet: Fleet, nowMs: number): HealthRecord[] {
  return Array.from({ length: SLOTS_PER_INTERVAL }, (_, slot) => fleet.step(slot, nowMs, { cpu_pct: 40 })).flat();
}

function stateOf(record: HealthRecord): State {
  const { cpu_pct, memory_pct, disk_pct, load_1 = 0, cores = 1, cpu_iowait_pct, pressure_memory_pct } = record;
  const { swap_used_bytes = 0, swap_total_bytes = 0 } = record;
  return judgeFigures({
    ...{ cpuPct: cpu_pct ?? null, memoryPct: memory_pct ?? null, diskPct: disk_pct ?? null, diskMount: null },
    ...{ loadPerCore: load_1 / cores, iowaitPct: cpu_iowait_pct ?? null },
    swapPct: swap_total_bytes > 0 ? (100 * swap_used_bytes) / swap_total_bytes : null,
    memoryPressurePct: pressure_memory_pct ?? null,
  }).state;
}

test('names are numbered from 1, each host has its slot, and all have their turn in an interval', () => {
  const fleet = new Fleet(3, START_MS);
  expect(second(fleet, START_MS).map(({ host }) => host)).toEqual(['sim-001', 'sim-002', 'sim-003']);
  expect(second(new Fleet(0, START_MS), START_MS)).toEqual([]);
});

test('of 200 servers the dashboard shows, most of the time, 2 to 6 are in warning, 1 or 2 critical, and at most 1 silent', () => {
  const fleet = new Fleet(200, START_MS);
  const moments = Array.from({ length: 600 }, (_, step) => {
    const records = second(fleet, START_MS + step * 12_000);
    const states = records.map(stateOf);
    const count = (state: State): number => states.filter((own) => own === state).length;
    return { warning: count('warn'), critical: count('critical'), silent: 200 - records.length };
  });
  const share = (holds: (moment: (typeof moments)[number]) => boolean): number =>
    moments.filter(holds).length / moments.length;
  expect(share(({ warning }) => warning >= 2 && warning <= 6)).toBeGreaterThan(0.8);
  expect(share(({ critical }) => critical >= 1 && critical <= 2)).toBeGreaterThan(0.6);
  expect(share(({ silent }) => silent <= 1)).toBe(1);
  expect(share(({ silent }) => silent === 1)).toBeGreaterThan(0.1);
});

test('a silent server comes back', () => {
  const fleet = new Fleet(200, START_MS);
  const silent = new Set<string>();
  const back = new Set<string>();
  for (let seconds = 0; seconds < 300; seconds += 1) {
    const present = new Set(second(fleet, START_MS + seconds * 1000).map(({ host }) => host));
    for (const host of silent) if (present.has(host)) back.add(host);
    for (let number = 1; number <= 200; number += 1) {
      const host = `sim-${String(number).padStart(3, '0')}`;
      if (!present.has(host)) silent.add(host);
    }
  }
  expect(back.size).toBeGreaterThan(0);
});
