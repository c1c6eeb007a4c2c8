import { describe, expect, it } from 'vitest';
import { UNSETTLED_MS } from '../../../dashboard/follower/history.ts';
import { lastSeconds } from '../running-dashboard.ts';
import { type FollowedTable, followTable } from './followed-table.ts';

async function cpuBuckets({ health, history }: FollowedTable, nowMs: number): Promise<number> {
  const row = health.servers.get('web-0001')?.row;
  if (row === undefined) throw new Error('the server is not known');
  const { metrics } = await history.series(row, '1h', nowMs);
  return (metrics['cpuPct'] ?? []).filter((value) => value !== null).length;
}

describe('History', () => {
  it('fills a gap that is old already with rows that came late', async () => {
    const followed = await followTable(1);
    const { fromMs, toMs } = lastSeconds(600);
    const gapMs = 5 * UNSETTLED_MS;
    await followed.writer.write({ fromMs, toMs: toMs - gapMs });
    await followed.open();
    const before = await cpuBuckets(followed, toMs);
    expect(before).toBeLessThanOrEqual(91);
    await followed.writer.write({ fromMs: toMs - gapMs + 1000, toMs });
    await followed.follow();
    expect(await cpuBuckets(followed, toMs)).toBeGreaterThanOrEqual(120);
  });

  it('goes on from what it remembers as time passes', async () => {
    const followed = await followTable(1);
    const { fromMs, toMs } = lastSeconds(300);
    await followed.writer.write({ fromMs, toMs: toMs - 60_000 });
    await followed.open();
    const first = await cpuBuckets(followed, toMs - 60_000);
    await followed.writer.write({ fromMs: toMs - 59_000, toMs });
    await followed.follow();
    expect((await cpuBuckets(followed, toMs)) - first).toBe(12);
    expect(await cpuBuckets(followed, toMs + 3_600_000)).toBeLessThanOrEqual(1);
  });
});
