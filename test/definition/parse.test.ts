import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFINITION_DEFAULTS, parseDefinition } from '../../definition/parse.ts';
import { definitionHash, loadDefinition, loadDefinitions } from '../../definition/load.ts';

const TABLES = new URL('../../tables/', import.meta.url).pathname;
const text = readFileSync(`${TABLES}server_health.yaml`, 'utf8');

describe('parseDefinition', () => {
  it('reads the table of the main job, with its units', () => {
    const definition = parseDefinition(text, 'server_health.yaml');
    expect(definition).toMatchObject({
      table: 'server_health',
      source: { topic: 'server-health', format: 'json' },
      eventTime: { column: 'event_time', acceptPastMs: 400 * 86_400_000, acceptFutureMs: 86_400_000 },
      freshnessTargetMs: 1000,
      limits: { maxBytes: 64 * 1024 ** 2 },
      compaction: { sortBy: ['host', 'event_time'], targetFileBytes: 128 * 1024 ** 2, sealAfterMs: 900_000 },
      retention: { maxAgeMs: null, maxBytes: null },
      vacuum: { graceMs: 86_400_000, logRetentionMs: 2 * 86_400_000 },
    });
    expect(definition.columns.filter((column) => column.required).map((column) => column.name)).toEqual([
      'host',
      'event_time',
    ]);
  });

  it('archives where it is told to, and is the same definition as before where not', () => {
    const archiveOf = (more: string): unknown => parseDefinition(`${text}${more}`, 'f.yaml').archive;
    expect(archiveOf('archive: true\n')).toEqual({ maxAgeMs: null });
    expect(archiveOf('archive: { max_age: 90d }\n')).toEqual({ maxAgeMs: 90 * 86_400_000 });
    const onSpark = parseDefinition(`${text.replace('engine: duckdb', 'engine: spark')}archive: true\n`, 'f.yaml');
    expect(onSpark).toMatchObject({ engine: 'spark', archive: { maxAgeMs: null } });
    const without = parseDefinition(`${text}archive: false\n`, 'f.yaml');
    expect(definitionHash(without)).toBe(definitionHash(parseDefinition(text, 'f.yaml')));
  });

  it.each([
    ['an unknown key', text.replace('engine: duckdb', 'enigne: duckdb'), /unknown key "enigne"/],
    ['an unknown type', text.replace('type: boolean', 'type: bool'), /type is "bool"; it must be one of/],
    ['a name that could leave the lake', text.replace('table: server_health', 'table: ../x'), /"..\/x" is no name/],
    ['a column of Sluice’s own', text.replace('name: cores', 'name: kafka_offset'), /there twice or kept for Sluice/],
    [
      'an event time that may be missing',
      text.replace('timestamp, required: true', 'timestamp'),
      /must be one of the columns/,
    ],
    ['a limit without a unit', text.replace('max_bytes: 64MiB', 'max_bytes: 64'), /write it like 64MiB/],
    [
      'records that no engine could hold',
      text.replace('max_bytes: 64MiB', 'max_bytes: 64MiB\n  max_record_bytes: 33MiB'),
      /must not be above 32MiB/,
    ],
    [
      'too many parts',
      text.replace('max_rows: 1000000', 'max_rows: 1000000\n  shards: 65'),
      /shards must not be above 64/,
    ],
    ['a limit of nothing', text.replace('max_rows: 1000000', 'max_rows: 0'), /must be a whole number above 0/],
    [
      'a sort key of no column',
      text.replace('sort_by: [host, event_time]', 'sort_by: [host, nothing]'),
      /"nothing" is none of the columns/,
    ],
    ['a sort key twice', text.replace('[host, event_time]', '[host, host]'), /"host" is there twice/],
    ['a sort key that is no list', text.replace('[host, event_time]', 'host'), /must be a list of column names/],
    ['a rewrite below its files', text.replace('max_rewrite: 512MiB', 'max_rewrite: 1MiB'), /not be below compaction/],
    ['merging single files', text.replace('min_files: 32', 'min_files: 1'), /min_files must be 2 or more/],
    [
      'a log that forgets too early',
      text.replace('log_retention: 2d', 'log_retention: 1h'),
      /not be below vacuum.grace/,
    ],
    ['a retention without a unit', `${text}retention:\n  max_age: 400\n`, /write it like 400d/],
    ['an archive of neither yes nor no', `${text}archive: always\n`, /archive must hold keys and values/],
    ['an archive of another bound', `${text}archive: { max_size: 1GiB }\n`, /unknown key "max_size" in archive/],
    ['no YAML at all', 'table: [', /f.yaml:\d+/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => parseDefinition(wrong, 'f.yaml')).toThrow(message);
  });

  it('fills in what is left out', () => {
    const short = parseDefinition(text.slice(0, text.indexOf('compaction:')), 'f.yaml');
    expect(short.compaction).toEqual({
      sortBy: ['event_time'],
      targetFileBytes: DEFINITION_DEFAULTS.targetFileBytes,
      minFiles: DEFINITION_DEFAULTS.minFiles,
      sealAfterMs: DEFINITION_DEFAULTS.sealAfterMs,
      maxRewriteBytes: DEFINITION_DEFAULTS.maxRewriteBytes,
    });
    expect(short.vacuum.graceMs).toBe(DEFINITION_DEFAULTS.graceMs);
  });

  it('reads bounds on what is kept', () => {
    const bounded = parseDefinition(`${text}retention:\n  max_age: 400d\n  max_size: 1GiB\n`, 'f.yaml');
    expect(bounded.retention).toEqual({ maxAgeMs: 400 * 86_400_000, maxBytes: 1024 ** 3 });
  });

  it('names every problem with its line', () => {
    const wrong = text.replace('engine: duckdb', 'enigne: duckdb').replace('type: boolean', 'type: bool');
    const lineOf = (part: string): number => wrong.slice(0, wrong.indexOf(part)).split('\n').length;
    expect(() => parseDefinition(wrong, 'f.yaml')).toThrow(
      new RegExp(`f.yaml:${lineOf('type: bool }')}: .*\\n.*f.yaml:${lineOf('enigne')}: `, 's'),
    );
  });
});

describe('loadDefinition', () => {
  it('finds the tables of a folder', () => {
    expect(loadDefinitions(TABLES).map((definition) => definition.table)).toEqual(['server_health']);
  });

  it('says which table there is none of', () => {
    expect(() => loadDefinition(TABLES, 'nothing')).toThrow(expect.objectContaining({ code: 'TABLE_UNKNOWN' }));
  });

  it('identifies what a definition says, not how it is laid out', () => {
    const one = parseDefinition(text, 'a');
    const other = parseDefinition(`# another comment\n${text}`, 'b');
    expect(definitionHash(other)).toBe(definitionHash(one));
    expect(definitionHash({ ...one, table: 'other' })).not.toBe(definitionHash(one));
  });
});
