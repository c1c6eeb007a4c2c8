import { createSecretKey, type KeyObject } from 'node:crypto';
import { type Environment, invalid, readFileOf } from './environment.ts';

/** A key that Temporal's payloads are encrypted with. It is never printed: a KeyObject shows nothing of itself. */
export interface PayloadKey {
  /** Stays with each payload in clear text, so that its key can be found. */
  readonly id: string;
  /** 256 bits. */
  readonly key: KeyObject;
}

const VARIABLE = 'SLUICE_PAYLOAD_KEYS_FILE';
export const PAYLOAD_KEY_BYTES = 32;
/** `id base64`, one key a line. */
const LINE = /^([\w.-]{1,64})\s+([A-Za-z0-9+/]+={0,2})$/;

/**
 * The keys of the file that SLUICE_PAYLOAD_KEYS_FILE names, the one that writes first; none where it is not set.
 * @throws SluiceError SETTINGS_INVALID, with the line's number and nothing of what it holds
 */
export function payloadKeys(env: Environment): readonly PayloadKey[] {
  const file = env[VARIABLE];
  if (!file) return [];
  const keys: PayloadKey[] = [];
  for (const [index, line] of readFileOf(VARIABLE, file).split('\n').entries()) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const [, id = '', base64 = ''] = LINE.exec(text) ?? [];
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length !== PAYLOAD_KEY_BYTES) {
      throw invalid(VARIABLE, `line ${index + 1} of its file is not "id key", with a key of 32 bytes in base64`);
    }
    if (keys.some((known) => known.id === id)) {
      throw invalid(VARIABLE, `line ${index + 1} of its file has the id of an earlier key`);
    }
    keys.push({ id, key: createSecretKey(bytes) });
  }
  if (keys.length === 0) throw invalid(VARIABLE, 'its file holds no key');
  return keys;
}
