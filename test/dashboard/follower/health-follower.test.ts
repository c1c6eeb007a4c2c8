import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINE_BUCKET_MS, LINE_BUCKETS, READ_ATTEMPTS } from '../../../dashboard/follower/health-follower.ts';
import { BUCKET_MS, MEMORY_KEEP_MS } from '../../../dashboard/follower/metric-window.ts';
import { lastSeconds } from '../running-dashboard.ts';
import { type FollowedTable, followTable } from './followed-table.ts';

const HOUR_MS = 3_600_000;

/** Makes the newest file's bytes no Parquet; gives what puts them back. */
function damage({ tableFolder, table, writer }: FollowedTable): () => void {
  const known = new Set(table.files.overlapping(0, Number.MAX_SAFE_INTEGER).map(({ path }) => path));
  const paths = [...writer.log.snapshot.files.values()].map(({ path }) => decodeURIComponent(path));
  const file = join(tableFolder, paths.find((path) => !known.has(path)) ?? '');
  const whole = readFileSync(file);
  writeFileSync(file, 'damaged');
  return () => writeFileSync(file, whole);
}

const bucketOf = (ms: number): number => Math.floor(ms / BUCKET_MS) * BUCKET_MS;

/** The first server's memory in the buckets of that time, both ends included: only of those that have rows. */
function memoryOf({ health }: FollowedTable, fromMs: number, toMs: number): (readonly [number, unknown])[] {
  const means = health.window.means('web-0001', bucketOf(fromMs), bucketOf(toMs) + BUCKET_MS, BUCKET_MS);
  return means.map(({ timeMs, values }) => [timeMs, values['memoryPct']]);
}

const withMemory = (memory_pct: number): object => ({ figures: { 'web-0001': { memory_pct } } });

describe('HealthFollower', () => {
  it('reads the last hour at start, and each new file once', async () => {
    const followed = await followTable(3);
    const { writer } = followed;
    const ms = bucketOf(Date.now() - BUCKET_MS);
    await writer.write({ fromMs: ms - 60_000, toMs: ms - 1000 }, withMemory(10));
    await writer.write({ fromMs: ms, toMs: ms }, withMemory(30));
    await followed.open();
    await writer.write({ fromMs: ms + 1000, toMs: ms + 1000 }, withMemory(60));
    await followed.follow();
    await followed.follow();
    const past = Array.from({ length: 12 }, (_, index) => [ms - 60_000 + index * BUCKET_MS, 10]);
    expect(memoryOf(followed, ms - 60_000, ms)).toEqual([...past, [ms, 45]]);
    expect(followed.health.servers.get('web-0001')?.row.eventTimeMs).toBe(ms + 1000);
  });

  it('counts a row from a clock that runs ahead as of its commit', async () => {
    const { writer, open, health } = await followTable(1);
    const { toMs } = lastSeconds(0);
    await writer.write({ fromMs: toMs + 600_000, toMs: toMs + 600_000 });
    await open();
    expect(health.servers.newestEventTimeMs).toBeLessThanOrEqual(Date.now());
  });

  it('knows servers that were silent before it started', async () => {
    const followed = await followTable(3);
    const { fromMs, toMs } = lastSeconds(5);
    await followed.writer.write({ fromMs: fromMs - 5 * HOUR_MS, toMs: toMs - 5 * HOUR_MS });
    await followed.writer.write({ fromMs, toMs }, { without: ['web-0002'] });
    await followed.open();
    expect(followed.health.servers.size).toBe(3);
    expect(followed.health.servers.get('web-0002')?.row.eventTimeMs).toBe(toMs - 5 * HOUR_MS);
    expect(followed.health.memoryFromMs).toBe(toMs - MEMORY_KEEP_MS);
  });

  it('is behind the log while a file cannot be read, and goes on once it can', async () => {
    const followed = await followTable(2);
    const ms = bucketOf(Date.now() - BUCKET_MS);
    await followed.writer.write({ fromMs: ms, toMs: ms }, withMemory(10));
    await followed.open();
    const before = followed.health.shownOffsets;
    await followed.writer.write({ fromMs: ms + 1000, toMs: ms + 1000 }, withMemory(40));
    const mend = damage(followed);
    await expect(followed.follow()).rejects.toThrow();
    expect(followed.health.shownOffsets).toEqual(before);
    mend();
    await followed.follow();
    expect(followed.health.shownOffsets).toEqual(followed.table.committedOffsets());
    expect(memoryOf(followed, ms, ms)).toEqual([[ms, 25]]);
  });

  it('gives a damaged file up after some attempts, and shows all others', async () => {
    const followed = await followTable(2);
    const { fromMs, toMs } = lastSeconds(10);
    await followed.writer.write({ fromMs, toMs: fromMs }, withMemory(10));
    await followed.open();
    await followed.writer.write({ fromMs: fromMs + 1000, toMs: toMs - 1000 });
    damage(followed);
    await followed.writer.write({ fromMs: toMs, toMs }, withMemory(20));
    for (let attempt = 1; attempt < READ_ATTEMPTS; attempt += 1) await expect(followed.follow()).rejects.toThrow();
    await followed.follow();
    expect(followed.health.unreadFiles).toBe(1);
    expect(followed.health.servers.get('web-0001')?.row.eventTimeMs).toBe(toMs);
    expect(memoryOf(followed, fromMs, toMs)).toEqual([
      [bucketOf(fromMs), 10],
      [bucketOf(toMs), 20],
    ]);
  });

  it('draws ten minutes of CPU', async () => {
    const followed = await followTable(2);
    const ms = bucketOf(Date.now() - 2 * LINE_BUCKET_MS);
    await followed.writer.write(
      { fromMs: ms - 60_000, toMs: ms - 60_000 },
      { figures: { 'web-0001': { cpu_pct: 20.4 } } },
    );
    await followed.writer.write({ fromMs: ms, toMs: ms }, { without: ['web-0001'] });
    await followed.open();
    const { lastBucketMs, bucketMs, cpuPct } = followed.health.cpuHistory();
    expect([bucketMs, lastBucketMs]).toEqual([LINE_BUCKET_MS, Math.floor(ms / LINE_BUCKET_MS) * LINE_BUCKET_MS]);
    const line = new Array<number | null>(LINE_BUCKETS).fill(null);
    line[LINE_BUCKETS - 5] = 20;
    expect(cpuPct['web-0001']).toEqual(line);
    expect(cpuPct['web-0002']?.filter((value) => value !== null)).toHaveLength(2);
  });
});
