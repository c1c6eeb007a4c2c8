import { expect, test, vi } from 'vitest';
import { DISK_SPACE_MAX_AGE_MS, diskSpace, DiskWatch, fullest } from '../../collectors/disk-space.ts';

const ROOT = { mountPoint: '/', type: 'ext4' };

test('percent as df says it: what is reserved for root is neither used nor usable', () => {
  expect(diskSpace(ROOT, { bsize: 4096, blocks: 1000, bfree: 400, bavail: 200 })).toEqual({
    disk_mount: '/',
    disk_total_bytes: 1000 * 4096,
    disk_used_bytes: 600 * 4096,
    disk_pct: 75,
  });
});

test('a file system without blocks has no figures', () => {
  expect(diskSpace(ROOT, { bsize: 4096, blocks: 0, bfree: 0, bavail: 0 })).toBeUndefined();
});

test('the fullest counts, in percent and not in bytes', () => {
  const space = (disk_mount: string, disk_pct: number) => ({
    disk_mount,
    disk_total_bytes: 1,
    disk_used_bytes: 1,
    disk_pct,
  });
  expect(fullest([space('/', 10), undefined, space('/var', 93), space('/data', 92)])?.disk_mount).toBe('/var');
  expect(fullest([undefined])).toBeUndefined();
});

test('figures of a disk that no longer answers are not given out', async () => {
  const watch = new DiskWatch();
  await watch.refresh([ROOT, { mountPoint: '/gone', type: 'ext4' }]);
  expect(watch.current?.disk_mount).toBe('/');
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + DISK_SPACE_MAX_AGE_MS + 1);
  expect(watch.current).toBeUndefined();
  clock.mockRestore();
});
