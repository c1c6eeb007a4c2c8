import { expect, test } from 'vitest';
import { cpuShares, parseCpu } from '../../../collectors/proc/cpu.ts';

const STAT = `cpu  44622 100 10292 179195 1203 40 221 1564 500 0
cpu0 21273 0 4772 91608 107 0 51 692 0 0
cpu1 23349 100 5520 87586 1095 40 170 872 500 0
intr 992698 0 0 0
ctxt 1887310
btime 1795478554
processes 11283
procs_running 3
procs_blocked 1
softirq 278399 0 35110 5
`;

test('a two-core machine: modes are summed, guest time is not counted twice', () => {
  expect(parseCpu(STAT)).toEqual({
    cores: 2,
    user: 44_722,
    system: 10_553,
    idle: 179_195,
    iowait: 1203,
    steal: 1564,
    running: 3,
    blocked: 1,
  });
});

test('a kernel of old with four columns and no process counts', () => {
  const reading = parseCpu('cpu 10 0 5 85\ncpu0 10 0 5 85\n');
  expect(reading).toMatchObject({ cores: 1, user: 10, system: 5, idle: 85, iowait: 0, steal: 0 });
  expect(reading?.running).toBeUndefined();
  expect(reading?.blocked).toBeUndefined();
});

test.each(['', 'intr 5\n', 'cpu  a b c d\n', 'cpu  1 2\n'])('no figures in %j', (text) => {
  expect(parseCpu(text)).toBeUndefined();
});

const reading = (user: number, system: number, idle: number, iowait: number, steal: number) => ({
  ...{ cores: 2, running: 1, blocked: 0 },
  ...{ user, system, idle, iowait, steal },
});

test('shares of the time between two readings add up, and waiting for a disk is not being busy', () => {
  expect(cpuShares(reading(100, 50, 800, 30, 20), reading(130, 60, 840, 45, 25))).toEqual({
    cpu_pct: 45,
    cpu_user_pct: 30,
    cpu_system_pct: 10,
    cpu_iowait_pct: 15,
    cpu_steal_pct: 5,
  });
});

test('no figure where a counter went back, or no time passed', () => {
  const before = reading(100, 50, 800, 30, 20);
  expect(cpuShares(before, reading(200, 60, 900, 29, 20))).toBeUndefined();
  expect(cpuShares(before, reading(5, 5, 5, 5, 5))).toBeUndefined();
  expect(cpuShares(before, before)).toBeUndefined();
});
