import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { payloadKeys } from '../../settings/payload-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER = Buffer.alloc(32, 8).toString('base64');

function keysOf(text: string): ReturnType<typeof payloadKeys> {
  const file = join(folder, 'keys');
  writeFileSync(file, text);
  return payloadKeys({ SLUICE_PAYLOAD_KEYS_FILE: file });
}

it('has the keys in their order, and shows nothing of them', () => {
  const keys = keysOf(`# rotated in May\nmay ${KEY}\n\n  april\t${OTHER}  \n`);
  expect(keys.map(({ id }) => id)).toEqual(['may', 'april']);
  expect(keys[0]?.key.export()).toEqual(Buffer.alloc(32, 7));
  expect(inspect(keys, { depth: 9 }) + JSON.stringify(keys)).not.toContain(KEY.slice(0, 10));
});

it('has none where no file is named', () => {
  expect(payloadKeys({})).toEqual([]);
});

it.each([
  ['', 'no key'],
  [`a ${KEY}\na ${OTHER}\n`, 'line 2'],
  [`a ${KEY.slice(4)}\n`, 'line 1'],
  [`${KEY}\n`, 'line 1'],
  [`a b ${KEY}\n`, 'line 1'],
  [`a ${'!'.repeat(44)}\n`, 'line 1'],
])('refuses %j, and does not repeat it', (text, says) => {
  try {
    keysOf(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'SETTINGS_INVALID', message: expect.stringContaining(says) as unknown });
    expect(String(error)).not.toContain(KEY.slice(4, 12));
  }
});
