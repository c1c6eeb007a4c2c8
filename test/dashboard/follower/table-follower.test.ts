import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { TOLD_AFTER_MS } from '../../../dashboard/follower/table-follower.ts';
import { logEntryPath } from '../../../plans/table-paths.ts';
import { lastSeconds } from '../running-dashboard.ts';
import { followTable } from './followed-table.ts';

const HOUR_MS = 3_600_000;

describe('TableFollower', () => {
  it('is not there before the table is', async () => {
    const { table, writer } = await followTable(2);
    expect(await table.open(Date.now())).toBe(false);
    await writer.write(lastSeconds(1));
    expect(await table.open(Date.now())).toBe(true);
  });

  it('has each commit once, from the state that it opened with on', async () => {
    const { table, writer } = await followTable(2);
    await writer.write(lastSeconds(4));
    await table.open(Date.now());
    expect(table.files.rowsTotal).toBe(10);
    expect(await table.poll()).toEqual([]);
    const version = await writer.write(lastSeconds(1));
    const [commit, ...others] = await table.poll();
    expect(others).toEqual([]);
    expect(commit).toMatchObject({ version, rows: 4, rejected: 0 });
    expect(commit?.newFiles).toHaveLength(1);
    expect(await table.poll()).toEqual([]);
    expect(table.files.rowsTotal).toBe(14);
  });

  it('misses no commit where a later one cannot be read for a while', async () => {
    const { table, writer, tableFolder } = await followTable(2);
    await writer.write(lastSeconds(4));
    await table.open(Date.now());
    const versions = [await writer.write(lastSeconds(1)), await writer.write(lastSeconds(1))];
    const last = join(tableFolder, logEntryPath(versions[1] ?? 0));
    const whole = readFileSync(last);
    writeFileSync(last, whole.subarray(0, 40));
    await expect(table.poll()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
    writeFileSync(last, whole);
    expect((await table.poll()).map(({ version }) => version)).toEqual(versions);
    expect(table.files.rowsTotal).toBe(18);
  });

  it('knows the last commit and the version in Hive of a table that rests', async () => {
    const { table, writer } = await followTable(2);
    const version = await writer.write(lastSeconds(4));
    await writer.write(lastSeconds(1), { published: [{ version, atMs: 1_700_000_000_000 }] });
    await table.open(Date.now() + 10 * HOUR_MS);
    expect(table.figures.lastCommitAtMs).toBeGreaterThan(0);
    expect(table.figures.hiveVersion).toBe(version);
  });

  it('calls Hive behind only for what a commit of some time later does not say is there', async () => {
    const { table, writer } = await followTable(2);
    const writeAt = async (atMs: number): Promise<number> => {
      const now = vi.spyOn(Date, 'now').mockReturnValue(atMs);
      try {
        return await writer.write(lastSeconds(1));
      } finally {
        now.mockRestore();
      }
    };
    const beganAtMs = Date.now();
    const version = await writeAt(beganAtMs);
    const next = await writeAt(beganAtMs + TOLD_AFTER_MS);
    await table.open(beganAtMs);
    expect(table.hiveBehindSinceMs(-1)).toBeNull();
    await writeAt(beganAtMs + TOLD_AFTER_MS + 1);
    await table.poll();
    expect(table.hiveBehindSinceMs(version - 1)).toBe(beganAtMs);
    expect(table.hiveBehindSinceMs(version)).toBeNull();
    expect(table.hiveBehindSinceMs(next)).toBeNull();
  });

  it('keeps what went wrong until something goes right', async () => {
    const { table } = await followTable(1);
    await table.guard(() => Promise.reject(new Error('the disk is gone')));
    expect(table.problem).toMatchObject({ code: 'INTERNAL', message: 'the disk is gone' });
    await table.guard(() => Promise.resolve());
    expect(table.problem).toBeUndefined();
  });
});
