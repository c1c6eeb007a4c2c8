export interface MemoryReading {
  readonly memory_total_bytes: number;
  readonly memory_available_bytes: number;
  readonly memory_pct: number;
  readonly swap_total_bytes: number | undefined;
  readonly swap_used_bytes: number | undefined;
}

/**
 * Parses /proc/meminfo (proc_meminfo(5)), whose figures are KiB. Used memory is what is not available to a new program
 * without swapping; kernels before 3.14 do not say, and there free + buffers + cache stands in for it.
 */
export function parseMemory(text: string): MemoryReading | undefined {
  const bytes = (name: string): number | undefined => {
    const digits = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits) * 1024;
  };
  const total = bytes('MemTotal');
  const free = bytes('MemFree');
  const stated = bytes('MemAvailable');
  if (!total || (stated === undefined && free === undefined)) return undefined;
  const available = Math.min(total, stated ?? (free ?? 0) + (bytes('Buffers') ?? 0) + (bytes('Cached') ?? 0));
  const swapTotal = bytes('SwapTotal');
  const swapFree = bytes('SwapFree');
  return {
    memory_total_bytes: total,
    memory_available_bytes: available,
    memory_pct: (100 * (total - available)) / total,
    swap_total_bytes: swapTotal,
    swap_used_bytes: swapTotal === undefined || swapFree === undefined ? undefined : Math.max(0, swapTotal - swapFree),
  };
}
