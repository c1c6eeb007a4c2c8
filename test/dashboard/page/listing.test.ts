import { describe, expect, it } from 'vitest';
import type { ServerSummary } from '../../../dashboard/api/wire.ts';
import { compare, type Listing, listingOf, matches, nextOrder, ORDERS } from '../../../dashboard/page/listing.ts';

function server(host: string, changed: Partial<ServerSummary> = {}): ServerSummary {
  return {
    host,
    state: 'ok',
    reasons: [],
    stateSinceMs: null,
    simulated: false,
    eventTimeMs: 1000,
    kafkaPartition: 0,
    cores: 8,
    cpuPct: 10,
    memoryPct: 10,
    memoryTotalBytes: null,
    loadPerCore: 0.1,
    diskPct: 10,
    diskMount: '/',
    strain: 0.1,
    ...changed,
  };
}

const hostsBy = (sort: string, servers: ServerSummary[]): string[] =>
  [...servers].sort((a, b) => compare(a, b, listingOf('', '', sort))).map(({ host }) => host);

describe('listingOf', () => {
  it('leaves out what it does not understand', () => {
    expect(listingOf('  Web ', 'critical,gone,silent', 'colour')).toEqual({
      search: 'web',
      states: new Set(['critical', 'silent']),
      order: 'worst',
      reversed: false,
    } satisfies Listing);
    expect(listingOf('', '', '-memory')).toMatchObject({ order: 'memory', reversed: true });
  });
});

describe('matches', () => {
  const found = (search: string, states = ''): boolean =>
    matches(server('web-07', { state: 'critical', reasons: ['memory 97 %'] }), listingOf(search, states, ''));

  it('wants every word, in the name, the state or the reasons', () => {
    expect(found('WEB memory')).toBe(true);
    expect(found('critical 07')).toBe(true);
    expect(found('web disk')).toBe(false);
  });

  it('wants one of the states', () => {
    expect(found('', 'critical,silent')).toBe(true);
    expect(found('web', 'silent')).toBe(false);
  });
});

describe('compare', () => {
  it('puts the worst first, then those nearest to their limits, and the fine ones by name', () => {
    const servers = [
      server('ok-10', { strain: 0.9 }),
      server('ok-9'),
      server('warn-a', { state: 'warn', strain: 0.8 }),
      server('warn-b', { state: 'warn', strain: 0.9 }),
      server('gone', { state: 'silent' }),
      server('bad', { state: 'critical', strain: 1 }),
    ];
    expect(hostsBy('', servers)).toEqual(['bad', 'gone', 'warn-b', 'warn-a', 'ok-9', 'ok-10']);
    expect(hostsBy('-worst', servers)).toEqual(['ok-9', 'ok-10', 'warn-a', 'warn-b', 'gone', 'bad']);
  });

  it('counts numbers in names', () => {
    expect(hostsBy('host', [server('web-10'), server('web-9'), server('db-1')])).toEqual(['db-1', 'web-9', 'web-10']);
    expect(hostsBy('-host', [server('web-9'), server('web-10')])).toEqual(['web-10', 'web-9']);
  });

  it.each([
    ['cpu', { cpuPct: 99 }],
    ['memory', { memoryPct: 99 }],
    ['load', { loadPerCore: 9 }],
    ['disk', { diskPct: 99 }],
    ['seen', { eventTimeMs: 0 }],
  ])('puts the greatest %s first, and what is unknown last', (sort, changed) => {
    const unknown = server('a', { cpuPct: null, memoryPct: null, loadPerCore: null, diskPct: null, eventTimeMs: 2000 });
    expect(hostsBy(sort, [unknown, server('b'), server('c', changed)])).toEqual(['c', 'b', 'a']);
  });

  it.each(ORDERS)('has one order of %s for the same servers, however they came', (sort) => {
    const servers = ['d', 'b', 'a', 'c'].map((host) => server(host));
    expect(hostsBy(sort, servers)).toEqual(hostsBy(sort, [...servers].reverse()));
  });
});

describe('nextOrder', () => {
  it('takes the wanted order where nothing holds it', () => {
    expect(nextOrder(['a', 'b'], ['b', 'a'], false)).toEqual(['b', 'a']);
  });

  it('keeps places while held: those that came are put behind, those that went are taken out', () => {
    expect(nextOrder(['a', 'b', 'c'], ['new', 'c', 'a'], true)).toEqual(['a', 'c', 'new']);
  });
});
