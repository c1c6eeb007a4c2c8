import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { READ_ATTEMPTS } from '../../../dashboard/follower/health-follower.ts';
import { MEMORY_KEEP_MS } from '../../../dashboard/follower/row-window.ts';
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

describe('HealthFollower', () => {
  it('reads the last hour at start, and each new file once', async () => {
    const followed = await followTable(3);
    const { fromMs, toMs } = lastSeconds(60);
    await followed.writer.write({ fromMs, toMs: toMs - 1000 });
    await followed.open();
    expect(followed.window.rows).toBe(180);
    await followed.writer.write({ fromMs: toMs, toMs });
    await followed.follow();
    await followed.follow();
    expect(followed.window.rows).toBe(183);
    expect(followed.health.servers.get('web-0001')?.row.eventTimeMs).toBe(toMs);
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
    await followed.writer.write(lastSeconds(5));
    await followed.open();
    const before = followed.health.shownOffsets;
    await followed.writer.write(lastSeconds(1));
    const mend = damage(followed);
    await expect(followed.follow()).rejects.toThrow();
    expect(followed.health.shownOffsets).toEqual(before);
    mend();
    await followed.follow();
    expect(followed.health.shownOffsets).toEqual(followed.table.committedOffsets());
    expect(followed.window.rows).toBe(16);
  });

  it('gives a damaged file up after some attempts, and shows all others', async () => {
    const followed = await followTable(2);
    const { fromMs, toMs } = lastSeconds(10);
    await followed.writer.write({ fromMs, toMs: fromMs });
    await followed.open();
    await followed.writer.write({ fromMs: fromMs + 1000, toMs: toMs - 1000 });
    damage(followed);
    await followed.writer.write({ fromMs: toMs, toMs });
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) await expect(followed.follow()).rejects.toThrow();
    await followed.follow();
    expect(followed.health.unreadFiles).toBe(1);
    expect(followed.health.servers.get('web-0001')?.row.eventTimeMs).toBe(toMs);
    expect(followed.window.rows).toBe(4);
  });
});
