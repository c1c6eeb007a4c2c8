import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError } from '../../errors/sluice-error.ts';
import type { DashboardSettings } from '../../settings/dashboard-settings.ts';

/** Of a token that is made here; 256 bits. */
const TOKEN_BYTES = 32;
/** Of a token that the operator gives: shorter ones could be guessed. */
export const MIN_TOKEN_LENGTH = 32;
/** What a token may be made of, so that it fits a header and a URL's fragment as it is (RFC 6750, `b64token`). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** The dashboard's token; what it is never leaves this object but by `text`. */
export class AccessToken {
  readonly #text: string;
  readonly #digest: Buffer;

  constructor(text: string) {
    this.#text = text;
    this.#digest = digestOf(text);
  }

  /** For the operator's own eyes only. */
  get text(): string {
    return this.#text;
  }

  /** Takes the same time whatever is presented, so that nothing can be learnt from it. */
  matches(presented: string): boolean {
    return timingSafeEqual(this.#digest, digestOf(presented));
  }
}

/**
 * The operator's token, or the one in the home, which is made where there is none yet: readable by its owner only.
 * @throws SluiceError SETTINGS_INVALID where the file cannot be read, or what it holds is no token
 */
export async function openToken({ token: { file, given } }: DashboardSettings): Promise<AccessToken> {
  try {
    if (!given) await makeTokenFile(file);
    const text = (await readFile(file, 'utf8')).trim();
    if (text.length < MIN_TOKEN_LENGTH || !TOKEN.test(text)) {
      throw wrong(file, `it must hold at least ${MIN_TOKEN_LENGTH} letters, digits and - . _ ~ + / characters`);
    }
    return new AccessToken(text);
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw thrown;
    throw wrong(file, `it cannot be ${given ? 'read' : 'read or made'}`, thrown);
  }
}

/** Whole and with the right mode, or not at all; of two processes that start at once one makes it. */
async function makeTokenFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(8).toString('hex')}`;
  await writeFile(temporary, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(temporary, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(temporary);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function wrong(file: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError('SETTINGS_INVALID', `The dashboard’s token file ${file} is wrong: ${why}.`, {
    remedy: 'Correct the file or SLUICE_DASHBOARD_TOKEN_FILE; without it a token is made in the home.',
    details: { variable: 'SLUICE_DASHBOARD_TOKEN_FILE' },
    cause,
  });
}
