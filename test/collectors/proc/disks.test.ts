import { expect, test } from 'vitest';
import { diskRates, parseDisks } from '../../../collectors/proc/disks.ts';

const DISKSTATS = `   7       0 loop0 10 0 80 0 0 0 0 0 0 4 4 0 0 0 0 0 0
   1       0 ram0 0 0 0 0 0 0 0 0 0 0 0
 254       0 vda 54213 8012 3289586 47722 20219 118574 13488752 42424 0 20148 91412 9193 51 2608944 1251 238 13
 254       1 vda1 100 0 800 5 0 0 0 0 0 5 5 0 0 0 0 0 0
 259       0 nvme0n1 1 0 8 1 2 0 16 1 0 2 2
 259       1 nvme0n1p1 1 0 8 1 2 0 16 1 0 2 2
 253       0 dm-0 54213 8012 3289586 47722 20219 118574 13488752 42424 0 20148 91412
 253       0 zram0 5 0 40 0 0 0 0 0 0 0 0
   9       0 md127 5 0 40 0 0 0 0 0 0 0 0
 202       1 xvda1 3 0 24 1 4 0 32 1 0 7 7
`;

test('physical devices only: neither their partitions nor what is made of them or of memory', () => {
  const disks = parseDisks(DISKSTATS);
  expect([...disks.keys()]).toEqual(['vda', 'nvme0n1', 'xvda1']);
  expect(disks.get('vda')).toEqual({ readBytes: 3_289_586 * 512, writtenBytes: 13_488_752 * 512, busyMs: 20_148 });
});

test.each(['', '8 0 sda 1 2\n', '8 0 sda a b c d e f g h i j k\n'])('no devices in %j', (text) => {
  expect(parseDisks(text).size).toBe(0);
});

const disk = (readBytes: number, writtenBytes: number, busyMs: number) => ({ readBytes, writtenBytes, busyMs });

test('rates are by the time that really passed; busy is the busiest device', () => {
  const before = new Map([
    ['a', disk(0, 0, 0)],
    ['b', disk(1000, 1000, 500)],
  ]);
  const after = new Map([
    ['a', disk(3000, 0, 250)],
    ['b', disk(1000, 2500, 2000)],
    ['new', disk(9e9, 9e9, 9e9)],
  ]);
  expect(diskRates(before, after, 2000)).toEqual({
    disk_read_bytes_per_s: 1500,
    disk_write_bytes_per_s: 750,
    disk_busy_pct: 75,
  });
});

test('busy never exceeds the time that passed', () => {
  expect(diskRates(new Map([['a', disk(0, 0, 0)]]), new Map([['a', disk(0, 0, 1010)]]), 1000)?.disk_busy_pct).toBe(100);
});

test('no figure where a counter wrapped, no device is in both readings, or no time passed', () => {
  const before = new Map([['a', disk(10, 10, 2 ** 32 - 5)]]);
  expect(diskRates(before, new Map([['a', disk(20, 20, 3)]]), 1000)).toBeUndefined();
  expect(diskRates(before, new Map([['b', disk(20, 20, 3)]]), 1000)).toBeUndefined();
  expect(diskRates(before, before, 0)).toBeUndefined();
});
