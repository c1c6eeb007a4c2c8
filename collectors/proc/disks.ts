/** One block device's counters since boot. */
export interface DiskCounters {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Milliseconds in which it had work to do. The kernel keeps it in 32 bits: it wraps after 49 days of them. */
  readonly busyMs: number;
}

export interface DiskRates {
  readonly disk_read_bytes_per_s: number;
  readonly disk_write_bytes_per_s: number;
  /** Of the busiest device: an average over many would hide the one that is saturated. */
  readonly disk_busy_pct: number;
}

/** The unit of /proc/diskstats, whatever the device's own sector size is. */
const SECTOR_BYTES = 512;

/** Devices that are memory, files, removable, or made of other devices that are counted already. */
const NOT_PHYSICAL = /^(loop|ram|zram|dm-|md|sr|fd|nbd|drbd|bcache)\d/;

/** Parses /proc/diskstats (kernel documentation, admin-guide/iostats), physical devices only, partitions left out. */
export function parseDisks(text: string): ReadonlyMap<string, DiskCounters> {
  const all = new Map<string, DiskCounters>();
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const name = fields[2];
    if (name === undefined || fields.length < 13 || NOT_PHYSICAL.test(name)) continue;
    const counters = {
      readBytes: Number(fields[5]) * SECTOR_BYTES,
      writtenBytes: Number(fields[9]) * SECTOR_BYTES,
      busyMs: Number(fields[12]),
    };
    if (Object.values(counters).every(Number.isFinite)) all.set(name, counters);
  }
  return new Map([...all].filter(([name]) => !isPartition(name, all)));
}

/** sda1 belongs to sda, nvme0n1p1 to nvme0n1; an xvda1 without an xvda is a disk of its own. */
function isPartition(name: string, devices: ReadonlyMap<string, unknown>): boolean {
  const parent = /^(.*\d)p\d+$/.exec(name)?.[1] ?? /^(.*\D)\d+$/.exec(name)?.[1];
  return parent !== undefined && devices.has(parent);
}

/**
 * Rates between two readings, over the devices that are in both. Undefined where there are none, or where a counter of
 * any of them went back (it wrapped, or the device was replaced).
 */
export function diskRates(
  before: ReadonlyMap<string, DiskCounters>,
  after: ReadonlyMap<string, DiskCounters>,
  elapsedMs: number,
): DiskRates | undefined {
  if (elapsedMs <= 0) return undefined;
  let [devices, read, written, busiestMs] = [0, 0, 0, 0];
  for (const [name, now] of after) {
    const then = before.get(name);
    if (then === undefined) continue;
    const step = [now.readBytes - then.readBytes, now.writtenBytes - then.writtenBytes, now.busyMs - then.busyMs];
    if (step.some((value) => value < 0)) return undefined;
    devices += 1;
    read += step[0] ?? 0;
    written += step[1] ?? 0;
    busiestMs = Math.max(busiestMs, step[2] ?? 0);
  }
  if (devices === 0) return undefined;
  return {
    disk_read_bytes_per_s: (1000 * read) / elapsedMs,
    disk_write_bytes_per_s: (1000 * written) / elapsedMs,
    disk_busy_pct: Math.min(100, (100 * busiestMs) / elapsedMs),
  };
}
