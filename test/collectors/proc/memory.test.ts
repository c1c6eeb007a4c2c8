import { expect, test } from 'vitest';
import { parseMemory } from '../../../collectors/proc/memory.ts';

const MEMINFO = `MemTotal:       24684092 kB
MemFree:        20000000 kB
MemAvailable:   22215683 kB
Buffers:            3544 kB
Cached:           103052 kB
SwapCached:            0 kB
SwapTotal:       2097148 kB
SwapFree:        1048574 kB
HugePages_Total:       0
Hugepagesize:       2048 kB
`;

test('figures become bytes; used is what is not available', () => {
  const memory = parseMemory(MEMINFO);
  expect(memory).toMatchObject({
    memory_total_bytes: 24_684_092 * 1024,
    memory_available_bytes: 22_215_683 * 1024,
    swap_total_bytes: 2_097_148 * 1024,
    swap_used_bytes: 1_048_574 * 1024,
  });
  expect(memory?.memory_pct).toBeCloseTo(10, 5);
});

test('a kernel that does not say what is available: free, buffers and cache stand in', () => {
  const memory = parseMemory('MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 250 kB\n');
  expect(memory?.memory_available_bytes).toBe(400 * 1024);
  expect(memory?.memory_pct).toBe(60);
  expect(memory?.swap_total_bytes).toBeUndefined();
  expect(memory?.swap_used_bytes).toBeUndefined();
});

test('a container that shows more available than there is stays within 0 and 100 percent', () => {
  expect(parseMemory('MemTotal: 1000 kB\nMemAvailable: 2000 kB\n')?.memory_pct).toBe(0);
});

test.each(['', 'MemTotal: 0 kB\nMemFree: 0 kB\n', 'MemTotal: 100 kB\n', 'MemFree: 100 kB\n'])(
  'no figures in %j',
  (text) => {
    expect(parseMemory(text)).toBeUndefined();
  },
);
