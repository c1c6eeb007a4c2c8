import type { PartitionValues } from './partition-name.ts';

const HOUR_MS = 3_600_000;

/** Where the event times of a partition of `dt`, or `dt` and `hour`, end; undefined for one without a date. */
export function partitionEndMs(values: PartitionValues): number | undefined {
  const startMs = Date.parse(`${values['dt'] ?? ''}T00:00:00Z`);
  if (Number.isNaN(startMs)) return undefined;
  const hour = values['hour'];
  return hour == null ? startMs + 24 * HOUR_MS : startMs + (Number(hour) + 1) * HOUR_MS;
}
