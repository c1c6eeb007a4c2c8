import { Collection } from './collection.ts';
import type { CollectorOptions } from './arguments.ts';
import { everySlot } from './schedule.ts';

/**
 * Prints each record as a line of JSON, for a program that reads them from a pipe; until it is told to stop, or nobody reads
 * any more. A reader that is slow holds up the readings: those that were due meanwhile are left out.
 */
export async function printRecords(host: string, { simulate, intervalMs }: CollectorOptions): Promise<void> {
  const collection = new Collection(host, simulate);
  const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
  const stopSchedule = everySlot(intervalMs, (slot) => {
    const lines = collection.take(slot).map(({ value }) => `${value}\n`);
    if (lines.length > 0) process.stdout.write(lines.join(''));
  });
  process.stdout.on('error', () => end(undefined));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(undefined));
  await ended;
  stopSchedule();
}
