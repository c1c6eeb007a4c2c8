import { describe, expect, it } from 'vitest';
import { Completeness } from '../../../dashboard/follower/completeness.ts';
import type { LiveRow } from '../../../dashboard/follower/health-columns.ts';
import { FORGET_AFTER_MS, MAX_SERVERS, ServerList } from '../../../dashboard/follower/server-list.ts';
import { SILENT_AFTER_MS } from '../../../dashboard/server-state.ts';

const NOW = 1_800_000_000_000;

type Row = Partial<Omit<LiveRow, 'host' | 'eventTimeMs' | 'kafkaPartition'>>;

const USUAL: Row = {
  simulated: false,
  diskMount: '/',
  cores: 4,
  uptimeSeconds: 1,
  memoryTotalBytes: 1000,
  swapTotalBytes: 1000,
  diskTotalBytes: 1000,
  cpuPct: 20,
  cpuIowaitPct: 0,
  load1: 1,
  memoryPct: 50,
  swapUsedBytes: 0,
  diskPct: 40,
  pressureMemoryPct: 0,
};

function row(host: string, eventTimeMs: number, changed: Row = {}): [string, number, Row] {
  return [host, eventTimeMs, changed];
}

/** Rows of one file; null is what a row does not say. */
function apply(list: ServerList, ...rows: [string, number, Row][]): void {
  for (const [host, eventTimeMs, changed] of rows) {
    const said = Object.entries({ ...USUAL, ...changed }).map(([name, value]) => [name, value ?? Number.NaN]);
    const server = list.newer(host, eventTimeMs);
    if (server !== undefined) Object.assign(server, { kafkaPartition: 0, ...Object.fromEntries(said) });
  }
  list.judgeNewer();
}

function completeTo(ms: number): Completeness {
  const completeness = new Completeness();
  completeness.sawRow(0, ms);
  return completeness;
}

const stateOf = (list: ServerList, host: string): string | undefined => list.get(host)?.summary.state;

describe('ServerList', () => {
  it('tells of a new server in whole, then of its figures only', () => {
    const list = new ServerList();
    apply(list, row('a', NOW));
    expect(list.takeChanges()?.changed.map(({ host }) => host)).toEqual(['a']);
    apply(list, row('a', NOW + 1000, { cpuPct: 33.33 }));
    const changes = list.takeChanges();
    expect(changes).toMatchObject({ changed: [], newestEventTimeMs: NOW + 1000 });
    expect(changes?.figures).toMatchObject({
      host: ['a'],
      behindMs: [0],
      cpuPct: [33.3],
    });
    expect(list.takeChanges()).toBeUndefined();
  });

  it('tells of a changed state or description in whole', () => {
    const list = new ServerList();
    apply(list, row('a', NOW), row('b', NOW));
    list.takeChanges();
    apply(list, row('a', NOW + 1000, { memoryPct: 96 }), row('b', NOW + 1000, { diskMount: '/var' }));
    const changes = list.takeChanges();
    expect(changes?.changed).toMatchObject([
      { host: 'a', state: 'critical', reasons: ['memory 96 %'], stateSinceMs: NOW + 1000 },
      { host: 'b', state: 'ok', diskMount: '/var', stateSinceMs: null },
    ]);
    expect(changes?.figures.host).toEqual([]);
  });

  it('keeps the newest row where older ones come after it', () => {
    const list = new ServerList();
    apply(list, row('a', NOW));
    apply(list, row('a', NOW - 5000, { memoryPct: 99 }));
    expect(list.get('a')?.summary).toMatchObject({ eventTimeMs: NOW, state: 'ok' });
  });

  it('judges CPU by its mean of some seconds, so that one busy second is nothing', () => {
    const list = new ServerList();
    apply(list, row('a', NOW));
    apply(list, row('a', NOW + 1000, { cpuPct: 100 }));
    expect(stateOf(list, 'a')).toBe('ok');
    for (let second = 2; second < 60; second += 1) apply(list, row('a', NOW + second * 1000, { cpuPct: 100 }));
    expect(stateOf(list, 'a')).toBe('critical');
  });

  it('takes a server for silent by what is known to have arrived', () => {
    const list = new ServerList();
    apply(list, row('a', NOW));
    list.judgeSilence(completeTo(NOW + SILENT_AFTER_MS));
    expect(stateOf(list, 'a')).toBe('ok');
    list.judgeSilence(completeTo(NOW + SILENT_AFTER_MS + 1));
    expect(list.get('a')?.summary).toMatchObject({ state: 'silent', reasons: ['no new rows'], stateSinceMs: NOW });
  });

  it('lets old rows that were kept back end no silence, and new ones at once', () => {
    const list = new ServerList();
    apply(list, row('a', NOW, { memoryPct: 97 }));
    const now = completeTo(NOW + 60_000);
    list.judgeSilence(now);
    apply(list, row('a', NOW + 1000));
    expect(stateOf(list, 'a')).toBe('silent');
    list.judgeSilence(now);
    expect(stateOf(list, 'a')).toBe('silent');
    apply(list, row('a', NOW + 59_000));
    list.judgeSilence(now);
    expect(list.get('a')?.summary).toMatchObject({ state: 'ok', stateSinceMs: NOW + 59_000 });
  });

  it('forgets who was silent for a day, but nobody because the pipeline stood still', () => {
    const list = new ServerList();
    apply(list, row('a', NOW));
    list.takeChanges();
    list.judgeSilence(completeTo(NOW + 1000));
    expect(list.size).toBe(1);
    list.judgeSilence(completeTo(NOW + FORGET_AFTER_MS + 1));
    expect(list.size).toBe(0);
    expect(list.takeChanges()?.gone).toEqual(['a']);
  });

  it('takes on no more than its limit, and counts those that it did not', () => {
    const list = new ServerList();
    for (let count = 0; count < MAX_SERVERS + 2; count += 1) apply(list, row(`h${count}`, NOW));
    expect([list.size, list.refused]).toEqual([MAX_SERVERS, 2]);
  });

  it('says nothing of what a row does not say', () => {
    const list = new ServerList();
    const nothing = { cpuPct: null, memoryPct: null, load1: null, diskPct: null, cores: null, swapTotalBytes: null };
    apply(list, row('a', NOW, nothing));
    expect(list.get('a')?.summary).toMatchObject({ state: 'ok', cpuPct: null, loadPerCore: null, diskPct: null });
  });
});
