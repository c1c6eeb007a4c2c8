import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runOneSelect } from '../../cli/one-select.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';

let folder: string;
let session: DuckDbSession;
let own: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  own = join(folder, 'own.parquet');
  writeFileSync(join(folder, 'private.csv'), 'a\n1\n');
  session = await DuckDbSession.open();
  await session.run(`COPY (SELECT 7 AS n) TO ${literal(own)} (FORMAT parquet)`);
  await session.run(`CREATE VIEW t AS SELECT * FROM read_parquet([${literal(own)}])`);
});
afterEach(() => {
  session.close();
  rmSync(folder, { recursive: true });
});

describe('runOneSelect', () => {
  it.each([
    'select n from t',
    'with x as (from t) select n from x',
    'select n from t -- all of it',
    'select n from t;',
  ])('runs %s', async (select) => {
    expect(await runOneSelect(session, [own], select)).toEqual([{ n: 7 }]);
  });

  it.each([
    'drop view t',
    "copy (select 1) to 'FOLDER/written.csv'",
    "attach 'FOLDER/written.db'",
    'install httpfs',
    'select 1; select 2',
    "set enable_external_access = true; select * from 'FOLDER/private.csv'",
    'create table x as select 1',
  ])('refuses %s', async (text) => {
    const select = text.replace('FOLDER', folder);
    await expect(runOneSelect(session, [own], select)).rejects.toThrow(/runs one SELECT|disabled by configuration/);
    expect(existsSync(join(folder, 'written.csv')) || existsSync(join(folder, 'written.db'))).toBe(false);
  });

  it.each([
    "select * from 'FOLDER/private.csv'",
    "select content from read_text('FOLDER/private.csv')",
    "select * from t, read_csv('FOLDER/private.csv')",
    "select * from read_parquet('http://127.0.0.1:1/x.parquet')",
    "select * from glob('FOLDER/**')",
  ])('opens no file but the tables’ own: %s', async (text) => {
    const select = text.replace('FOLDER', folder);
    await expect(runOneSelect(session, [own], select)).rejects.toThrow(
      /disabled by configuration|cannot access|disabled through configuration|not be loaded/i,
    );
    expect(await runOneSelectAgain()).toEqual([{ n: 7 }]);
  });

  /** The view can still be read: it was the file that was refused. */
  function runOneSelectAgain(): Promise<Record<string, unknown>[]> {
    return session.rows('select n from t');
  }
});
