import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../definition/parse.ts';
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
    });
    expect(definition.columns.filter((column) => column.required).map((column) => column.name)).toEqual([
      'host',
      'event_time',
    ]);
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
    ['a limit of nothing', text.replace('max_rows: 1000000', 'max_rows: 0'), /must be a whole number above 0/],
    ['no YAML at all', 'table: [', /f.yaml:\d+/],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => parseDefinition(wrong, 'f.yaml')).toThrow(message);
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
