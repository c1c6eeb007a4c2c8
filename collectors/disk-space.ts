import { statfs } from 'node:fs/promises';
import type { Mount } from './proc/mounts.ts';

export interface DiskSpace {
  readonly disk_mount: string;
  readonly disk_total_bytes: number;
  readonly disk_used_bytes: number;
  /** As df says it: of the space that is used or may be used by anyone, without what is reserved for root. */
  readonly disk_pct: number;
}

/** The counts of statfs(2), in blocks of `bsize` bytes. */
export interface FileSystemBlocks {
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
}

/** Figures older than this are not given out: the disk does not answer. */
export const DISK_SPACE_MAX_AGE_MS = 10_000;

export function diskSpace(mount: Mount, { bsize, blocks, bfree, bavail }: FileSystemBlocks): DiskSpace | undefined {
  const used = blocks - bfree;
  const usable = used + bavail;
  if (blocks <= 0 || used < 0 || usable <= 0) return undefined;
  return {
    disk_mount: mount.mountPoint,
    disk_total_bytes: blocks * bsize,
    disk_used_bytes: used * bsize,
    disk_pct: (100 * used) / usable,
  };
}

export function fullest(spaces: readonly (DiskSpace | undefined)[]): DiskSpace | undefined {
  return spaces
    .filter((space) => space !== undefined)
    .reduce<DiskSpace | undefined>(
      (worst, space) => (worst && worst.disk_pct >= space.disk_pct ? worst : space),
      undefined,
    );
}

/** Watches the fullest file system. A disk that hangs holds up this watch alone, never the other readings. */
export class DiskWatch {
  #latest: DiskSpace | undefined;
  #readAtMs = 0;
  #reading = false;

  /** Starts a new reading, unless the one before is still waiting for a disk. */
  async refresh(mounts: readonly Mount[]): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.#latest = fullest(await Promise.all(mounts.map(spaceOf)));
      this.#readAtMs = performance.now();
    } finally {
      this.#reading = false;
    }
  }

  get current(): DiskSpace | undefined {
    return performance.now() - this.#readAtMs <= DISK_SPACE_MAX_AGE_MS ? this.#latest : undefined;
  }
}

async function spaceOf(mount: Mount): Promise<DiskSpace | undefined> {
  try {
    return diskSpace(mount, await statfs(mount.mountPoint));
  } catch {
    return undefined; // unmounted since, or not ours to look at
  }
}
