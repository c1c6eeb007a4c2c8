import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIN_TOKEN_LENGTH, openToken } from '../../../dashboard/access/token.ts';
import { readSettings } from '../../../settings/settings.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sluice-test-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const settings = (env: Record<string, string> = {}) => readSettings({ SLUICE_HOME: home, ...env }).dashboard;

describe('openToken', () => {
  it('makes one in the home that only its owner can read, and keeps it', async () => {
    const { text } = await openToken(settings());
    const file = join(home, 'secrets', 'dashboard-token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, 'secrets')).mode & 0o777).toBe(0o700);
    expect(readFileSync(file, 'utf8').trim()).toBe(text);
    expect(text).toMatch(/^[\w-]{43}$/);
    expect((await openToken(settings())).text).toBe(text);
  });

  it('is the same for all who start at once', async () => {
    const tokens = await Promise.all(Array.from({ length: 8 }, () => openToken(settings())));
    expect(new Set(tokens.map(({ text }) => text)).size).toBe(1);
    expect(readdirSync(join(home, 'secrets'))).toEqual(['dashboard-token']);
  });

  it('takes the operator’s, and never makes it', async () => {
    const file = join(home, 'given');
    const given = settings({ SLUICE_DASHBOARD_TOKEN_FILE: file });
    await expect(openToken(given)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
    writeFileSync(file, `${'k'.repeat(MIN_TOKEN_LENGTH)}\n`);
    expect((await openToken(given)).text).toBe('k'.repeat(MIN_TOKEN_LENGTH));
  });

  it.each(['', 'k'.repeat(MIN_TOKEN_LENGTH - 1), 'two words'.repeat(9), 'é'.repeat(40)])(
    'refuses what could be guessed or does not fit a header, and does not repeat it: "%s"',
    async (text) => {
      const file = join(home, 'given');
      writeFileSync(file, text);
      const opening = openToken(settings({ SLUICE_DASHBOARD_TOKEN_FILE: file }));
      await expect(opening).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
      if (text !== '')
        await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining(text) as unknown });
    },
  );

  it('matches itself alone', async () => {
    const token = await openToken(settings());
    expect(token.matches(token.text)).toBe(true);
    for (const other of ['', token.text.slice(1), `${token.text}x`, token.text.toLowerCase()]) {
      expect(token.matches(other)).toBe(false);
    }
    expect(JSON.stringify(token)).not.toContain(token.text);
  });
});
