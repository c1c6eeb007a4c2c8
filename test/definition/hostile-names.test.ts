import { describe, expect, it } from 'vitest';
import { parseDefinition, RESERVED_TOPICS } from '../../definition/parse.ts';
import { loadDefinition } from '../../definition/load.ts';
import { identifier, literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { FileStorage } from '../../lake/storage/file/file-storage.ts';
import { partitionAppId, sequenceAppId } from '../../plans/batch.ts';
import { BACKFILL_APP_ID, FENCE_APP_ID, rewriteAppId } from '../../plans/rewrite.ts';
import { VACUUM_APP_ID } from '../../plans/vacuum.ts';
import { Random } from '../../collectors/simulation/random.ts';

/** What somebody who means harm, or nothing at all, might call something. */
const HOSTILE = [
  '',
  '.',
  '..',
  '../x',
  '../../etc/passwd',
  '/etc',
  'a/b',
  'a\\b',
  'a\0b',
  'a\nb',
  'a b',
  "a'b",
  'a"b',
  'a;b',
  'a--b',
  'a`b',
  '$(id)',
  '%2e%2e%2f',
  "x'; DROP TABLE y; --",
  '"; DROP TABLE y; --',
  '${x}',
  '{{x}}',
  '<b>',
  'а',
  'ａ',
  'ſ',
  'K',
  'ı',
  'é',
  'e\u0301',
  '\u202ea',
  'a\u200bb',
  '\ufeffa',
  '漢字',
  'A',
  '_a',
  '1a',
  'a.b',
  'a-b',
  'dt=2026-01-01',
  'a'.repeat(101),
  'a'.repeat(5_000),
  'con ',
  'a.',
  '-a',
  '--json',
  '~a',
  '*',
  'a?',
];

/** Made of the pieces above, and the same for the same seed. */
function combinations(count: number): string[] {
  const random = new Random('names');
  return Array.from(
    { length: count },
    () => `${random.pick(HOSTILE)}${random.pick(['', 'a', '/', "'", '"', '\0', '..'])}${random.pick(HOSTILE)}`,
  );
}

const NAMES = [...HOSTILE, ...combinations(300)];
const SAFE = /^[a-z][a-z0-9_]{0,99}$/;
const SAFE_TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

function definitionWith(change: { table?: string; database?: string; topic?: string; column?: string }): string {
  const { table = 't', database = 'd', topic = 'x', column = 'c' } = change;
  return JSON.stringify({
    table,
    database,
    source: { topic, format: 'json' },
    columns: [
      { name: 'at', type: 'timestamp', required: true },
      { name: column, type: 'string' },
    ],
    event_time: { column: 'at' },
  });
}

const accepts = (text: string): boolean => {
  try {
    parseDefinition(text, 'x.yaml');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID' });
    return false;
  }
};

describe('a hostile name', () => {
  it('is accepted nowhere but where it is harmless', () => {
    expect(accepts(definitionWith({}))).toBe(true);
    for (const name of NAMES) {
      for (const place of ['table', 'database', 'column']) {
        if (accepts(definitionWith({ [place]: name })))
          expect([place, name]).toEqual([place, expect.stringMatching(SAFE)]);
      }
      if (accepts(definitionWith({ topic: name }))) {
        expect(name).toMatch(SAFE_TOPIC);
        expect(['.', '..']).not.toContain(name);
      }
    }
  });

  it('is refused with its line and the reason, on one line', () => {
    const refusal = (text: string): unknown => {
      try {
        return parseDefinition(text, 'x.yaml');
      } catch (error) {
        return (error as Error).message;
      }
    };
    const yaml = (table: string, topic = 'x'): string => `table: ${JSON.stringify(table)}
database: d
source: { topic: ${JSON.stringify(topic)} }
columns:
  - { name: at, type: timestamp, required: true }
event_time: { column: at }
`;
    expect(refusal(yaml('../x\ny'))).toBe(
      'The table definition is wrong:\nx.yaml:1: "../x\\ny" is no name: use a-z, 0-9 and _, beginning with a letter',
    );
    expect(refusal(yaml('a'.repeat(5_000)))).toContain(`x.yaml:1: "${'a'.repeat(100)}"… (5000 characters) is no name`);
    for (const table of ['x_rejected', 'x_archive']) {
      const reason = `x.yaml:1: "${table}" would be taken for a table of what "x" keeps beside its rows`;
      expect(refusal(yaml(table))).toContain(reason);
    }
    expect(refusal(yaml('x', 'a/b'))).toContain('x.yaml:3: "a/b" is no topic name');
    expect(refusal(yaml('x', 'fence'))).toContain('x.yaml:3: a topic can’t be called "fence"');
    expect(refusal(yaml('rejected', 'fences'))).toMatchObject({ table: 'rejected' });
  });

  it('of a topic is none that the log already has another meaning for', () => {
    const ours = [FENCE_APP_ID, VACUUM_APP_ID, BACKFILL_APP_ID, rewriteAppId('7')];
    const topics = ours.map((appId) => appId.split('/')[1] ?? '');
    expect([...RESERVED_TOPICS].sort()).toEqual(topics.sort());
    for (const topic of topics) {
      expect(ours).toContain(topic === 'rewrite' ? partitionAppId(topic, 7) : sequenceAppId(topic));
      expect(accepts(definitionWith({ topic }))).toBe(false);
    }
  });

  it('finds no definition outside of its folder', () => {
    const folder = new URL('../../tables/', import.meta.url).pathname;
    expect(loadDefinition(folder, 'server_health').table).toBe('server_health');
    for (const name of [...NAMES, '../tables/server_health', './server_health', 'server_health\0']) {
      expect(() => loadDefinition(folder, name), JSON.stringify(name)).toThrow(
        expect.objectContaining({ code: 'TABLE_UNKNOWN' }) as Error,
      );
    }
  });

  it('leads no path out of the lake', async () => {
    const storage = new FileStorage('file:///nowhere/lake');
    for (const path of ['../x', 'a/../../x', '/etc/passwd', 'a/..', '.', 'a/./b', 'a\0b']) {
      expect(() => storage.uriOf(path), path).toThrow(/no path within the lake/);
      await expect(storage.read(path)).rejects.toMatchObject({ code: 'INTERNAL' });
      await expect(storage.remove([path])).rejects.toMatchObject({ code: 'INTERNAL' });
      await expect(storage.createIfAbsent(path, Buffer.of())).rejects.toMatchObject({ code: 'INTERNAL' });
    }
    expect(storage.uriOf('health/t/dt=2026-01-01/hour=5/..x/a..parquet')).toContain('/nowhere/lake/health/t/');
  });

  it('is a name or a text in SQL, and nothing else', async () => {
    const session = await DuckDbSession.open();
    try {
      for (const name of NAMES.filter((one) => !one.includes('\0'))) {
        const [row] = await session.rows(
          `SELECT hex(${literal(name)}) AS text, 1 AS ${identifier(name === '' ? 'x' : name)}`,
        );
        expect(row).toMatchObject({ text: Buffer.from(name).toString('hex').toUpperCase() });
      }
    } finally {
      session.close();
    }
  });
});
