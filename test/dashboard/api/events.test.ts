import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { DataReport, PipelineReport, ServersUpdate, Snapshot, Tick } from '../../../dashboard/api/wire.ts';
import { SILENT_AFTER_MS } from '../../../dashboard/server-state.ts';
import { logEntryPath } from '../../../plans/table-paths.ts';
import { EventReader } from '../event-reader.ts';
import { lastSeconds, runDashboard, type RunningDashboard } from '../running-dashboard.ts';
import { waitFor } from '../../wait-for.ts';

const VIEWERS = 50;

let dashboard: RunningDashboard;
const readers: EventReader[] = [];

async function watch(path = '/api/v1/events', headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await EventReader.open(dashboard.url + path, headers);
  readers.push(reader);
  return reader;
}

async function write(): Promise<void> {
  await dashboard.writer.write(lastSeconds(1));
}

afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await dashboard.stop();
});

describe('GET /api/v1/events', () => {
  it('starts with everything, and goes on with what changes', async () => {
    dashboard = await runDashboard(4, (writer) => writer.write(lastSeconds(30)));
    const reader = await watch();
    expect(reader.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const snapshot = await reader.next<Snapshot>('snapshot', ({ servers }) => servers.length === 4);
    expect(snapshot.cpuHistory.cpuPct['web-0001']?.filter((value) => value !== null).length).toBeGreaterThan(1);
    expect(snapshot.pipeline.tables[0]?.table).toBe('server_health');
    await reader.next<Tick>('tick', ({ data }) => data.state === 'live');
    const newestMs = Math.max(...snapshot.servers.map(({ eventTimeMs }) => eventTimeMs));
    await waitFor('the next second', 15_000, () => Promise.resolve(lastSeconds(0).toMs > newestMs || undefined));
    await write();
    const { figures, newestEventTimeMs } = await reader.next<ServersUpdate>(
      'servers',
      (update) => update.figures.host.length === 4,
    );
    expect(newestEventTimeMs - Math.min(...figures.behindMs)).toBeGreaterThan(newestMs);
    for (const list of Object.values(figures)) expect(list).toHaveLength(4);
  });

  it('speaks every second, so that a dead stream is known', async () => {
    dashboard = await runDashboard(1, (writer) => writer.write(lastSeconds(5)));
    const reader = await watch();
    await waitFor('four ticks', 30_000, () => Promise.resolve(reader.of('tick').length >= 4 || undefined));
    const times = reader.of('tick').map(({ data }) => (data as Tick).nowMs);
    for (let index = 2; index < 4; index += 1) {
      expect((times[index] ?? 0) - (times[index - 1] ?? 0)).toBeLessThan(5000);
    }
  });

  it.each(['header', 'parameter'])('goes on after the last event that was seen, named in the %s', async (how) => {
    dashboard = await runDashboard(3, (writer) => writer.write(lastSeconds(5)));
    const steady = await watch();
    const first = await watch();
    await first.next<PipelineReport>('pipeline');
    const lastId = first.events.findLast(({ id }) => id !== undefined)?.id ?? '';
    first.close();
    await write();
    await steady.next<ServersUpdate>('servers', ({ figures }) => figures.host.length === 3);
    const again =
      how === 'header'
        ? await watch('/api/v1/events', { 'last-event-id': lastId })
        : await watch(`/api/v1/events?lastEventId=${lastId}`);
    await again.next<Tick>('tick');
    const numbered = steady.events.filter(({ id }) => id !== undefined);
    const missed = numbered.slice(numbered.findIndex(({ id }) => id === lastId) + 1);
    const resumed = again.events.filter(({ id }) => id !== undefined);
    expect(again.of('snapshot')).toEqual([]);
    const shared = missed.slice(0, resumed.length);
    expect(shared.length).toBeGreaterThan(0);
    expect(resumed.slice(0, shared.length)).toEqual(shared);
  });

  it('starts anew for an id of another process, or one that is too old', async () => {
    dashboard = await runDashboard(2, (writer) => writer.write(lastSeconds(5)));
    const reader = await watch('/api/v1/events?lastEventId=00000000-7');
    expect((await reader.next<Snapshot>('snapshot', (snapshot) => snapshot.servers.length === 2)).data).toBeDefined();
  });

  it('makes each event once, whoever watches', async () => {
    dashboard = await runDashboard(20, (writer) => writer.write(lastSeconds(5)));
    const all = await Promise.all(Array.from({ length: VIEWERS }, () => watch()));
    await write();
    const [first] = all;
    await first?.next<ServersUpdate>('servers', ({ figures }) => figures.host.length === 20);
    const lastId = first?.events.findLast(({ id }) => id !== undefined)?.id;
    const number = (id: string | undefined): number => Number(id?.split('-')[1]);
    const textById = new Map<string, string>();
    for (const reader of all) {
      await waitFor('the same event', 15_000, () =>
        Promise.resolve(reader.events.some(({ id }) => id === lastId) || undefined),
      );
      const numbered = reader.events.filter(({ id }) => id !== undefined).slice(1);
      for (const [index, { id, text }] of numbered.entries()) {
        expect(text).toBe(textById.get(id ?? '') ?? text);
        textById.set(id ?? '', text);
        if (index > 0) expect(number(id)).toBe(number(numbered[index - 1]?.id) + 1);
      }
    }
    const seconds = first?.of('pipeline').length ?? 0;
    expect(textById.size).toBeLessThanOrEqual(4 * (seconds + 1));
  });
});

describe('what the stream says of the data', () => {
  const state = (wanted: DataReport['state'], words: RegExp) => (tick: Tick) =>
    tick.data.state === wanted && words.test(tick.data.words);

  it('says that there is no table yet, and shows its rows from its first commit on', async () => {
    dashboard = await runDashboard(3);
    const reader = await watch();
    await reader.next(
      'tick',
      state('waiting', /Waiting for the first commit: the table server_health does not exist yet/),
    );
    const { tables } = await reader.next<PipelineReport>('pipeline');
    expect(tables[0]).toMatchObject({ state: 'waiting', logVersion: null, lastCommitAtMs: null, rowsTotal: 0 });
    await write();
    // All at once, or as a change where the dashboard came by between the table's making and its first commit.
    await waitFor('every server to be told of', 10_000, () => {
      const whole = reader.of('snapshot').some(({ data }) => (data as Snapshot).servers.length === 3);
      const changed = reader.of('servers').some(({ data }) => (data as ServersUpdate).changed.length === 3);
      return Promise.resolve(whole || changed || undefined);
    });
    await reader.next('tick', state('live', /Everything that was sent is here/));
  });

  it('says which file of the log cannot be read, and misses nothing once it can', async () => {
    dashboard = await runDashboard(3, (writer) => writer.write(lastSeconds(30)));
    const reader = await watch();
    await reader.next('tick', state('live', /here/));
    const { version } = dashboard.writer.log.snapshot;
    const broken = join(dashboard.tableFolder, logEntryPath(version + 1));
    writeFileSync(broken, 'not a log entry\n');
    const { tables } = await reader.next<PipelineReport>('pipeline', (report) => report.tables[0]?.state === 'failed');
    expect(tables[0]?.words).toContain(logEntryPath(version + 1));
    expect(tables[0]?.words).toContain('Restore that file from a backup');
    rmSync(broken);
    const { toMs } = lastSeconds(0);
    await write();
    await reader.next<ServersUpdate>(
      'servers',
      ({ figures, newestEventTimeMs }) => newestEventTimeMs - Math.max(...figures.behindMs) >= toMs,
    );
    await reader.next<PipelineReport>(
      'pipeline',
      ({ tables: [table] }) => table?.logVersion === version + 1 && table.state !== 'failed',
    );
  });

  it('says that the log cannot be read where it never could', async () => {
    let entry = '';
    let whole = '';
    dashboard = await runDashboard(3, async (writer, tableFolder) => {
      await writer.write(lastSeconds(30));
      entry = join(tableFolder, logEntryPath(0));
      whole = readFileSync(entry, 'utf8');
      writeFileSync(entry, '{"commitInfo":');
    });
    const reader = await watch();
    await reader.next('tick', state('waiting', /The log entry .*0{20}\.json cannot be used: it is not JSON lines/));
    writeFileSync(entry, whole);
    await reader.next('tick', state('live', /here/));
  });

  it('does not take servers for silent while their rows wait in Kafka', async () => {
    dashboard = await runDashboard(3, (writer, _, topic) => {
      const { fromMs, toMs } = lastSeconds(60);
      topic.waiting = 10n;
      return writer.write({ fromMs, toMs: toMs - SILENT_AFTER_MS - 5000 });
    });
    const reader = await watch();
    await reader.next('tick', state('late', /nothing was committed since\. Servers are shown as they were/));
    const states = async (): Promise<unknown> => {
      const response = await fetch(`${dashboard.url}/api/v1/servers`);
      return ((await response.json()) as { counts: unknown }).counts;
    };
    expect(await states()).toEqual({ ok: 3, warn: 0, critical: 0, silent: 0 });
    dashboard.topic.waiting = 0n;
    const { changed } = await reader.next<ServersUpdate>(
      'servers',
      ({ changed: [first] }) => first?.state === 'silent',
    );
    expect(changed.map(({ state: found }) => found)).toEqual(['silent', 'silent', 'silent']);
    await reader.next('tick', state('live', /Nothing has been sent for .*Look at the collectors/));
  });
});
