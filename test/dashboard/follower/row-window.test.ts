import { describe, expect, it } from 'vitest';
import { MEMORY_KEEP_MS, RowWindow, SEGMENT_MS } from '../../../dashboard/follower/row-window.ts';
import { lastSeconds } from '../running-dashboard.ts';
import { followTable } from './followed-table.ts';

describe('RowWindow', () => {
  it('means a server’s rows by bucket, and leaves out buckets without rows', async () => {
    const { writer, open, window } = await followTable(2);
    const toMs = Math.floor(Date.now() / 10_000) * 10_000;
    const memory = (memory_pct: number): object => ({ figures: { 'web-0001': { memory_pct } } });
    await writer.write({ fromMs: toMs - 30_000, toMs: toMs - 25_001 }, memory(10));
    await writer.write({ fromMs: toMs - 25_000, toMs: toMs - 20_001 }, memory(20));
    await writer.write({ fromMs: toMs - 10_000, toMs: toMs - 1 }, memory(40));
    await open();
    const means = await window.means('web-0001', toMs - 30_000, toMs, 10_000);
    expect(means.map(({ timeMs, values }) => [timeMs - toMs, values['memoryPct']])).toEqual([
      [-30_000, 15],
      [-10_000, 40],
    ]);
    expect(await window.means("it's nobody", 0, toMs, 10_000)).toEqual([]);
  });

  it('counts a row from a clock that runs ahead as of its commit', async () => {
    const { writer, open, health } = await followTable(1);
    const { toMs } = lastSeconds(0);
    await writer.write({ fromMs: toMs + 600_000, toMs: toMs + 600_000 });
    await open();
    expect(health.servers.newestEventTimeMs).toBeLessThanOrEqual(Date.now());
  });

  it('drops what is too old by whole segments', async () => {
    const { writer, open, window } = await followTable(2);
    await writer.write(lastSeconds(9));
    await open();
    expect(window.rows).toBe(20);
    await window.trim(Date.now() - MEMORY_KEEP_MS);
    expect(window.rows).toBe(20);
    await window.trim(Date.now() + SEGMENT_MS);
    expect([window.rows, window.oldestMs]).toEqual([0, undefined]);
    expect(await window.means('web-0001', 0, Date.now(), 10_000)).toEqual([]);
  });

  it('drops the oldest of what is too much, but not what is being filled', async () => {
    const { writer, open, table } = await followTable(2);
    await writer.write(lastSeconds(9));
    await open();
    const small = await RowWindow.open(10);
    const [file] = table.files.overlapping(0, Date.now());
    const committed = table.committedFile(file ?? { path: '', maxTimeMs: 0 });
    const old = { ...committed, commit: { version: 0, atMs: Date.now() - 3 * SEGMENT_MS } };
    await table.readFiles([old], (files) => small.read(files, 0));
    await table.readFiles([committed], (files) => small.read(files, 0));
    expect(small.rows).toBe(40);
    await small.trim(0);
    expect(small.rows).toBe(20);
    await small.close();
  });
});
