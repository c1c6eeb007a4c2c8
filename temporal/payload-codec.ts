import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import protocol from '@temporalio/proto';
import { SluiceError } from '../errors/sluice-error.ts';
import type { PayloadKey } from '../settings/payload-keys.ts';

/** As Temporal's own samples name it, so that other tools know what they see. */
export const ENCRYPTED_ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const PayloadMessage = protocol.temporal.api.common.v1.Payload;

/**
 * Encrypts what Temporal stores of workflows and activities: arguments, results, heartbeats, queries, failures. A payload
 * becomes nonce, AES-256-GCM cipher text and tag of its whole message, with the key's id beside it. The first key
 * writes, all of them read. What was stored in clear text stays readable; without a key nothing is encrypted.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, PayloadKey>;
  readonly #writing: PayloadKey | undefined;

  constructor(keys: readonly PayloadKey[]) {
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#writing = keys[0];
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    const key = this.#writing;
    return Promise.resolve(key === undefined ? payloads : payloads.map((payload) => encrypted(payload, key)));
  }

  /** @throws SluiceError PAYLOAD_UNREADABLE */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.#decrypted(payload)));
  }

  #decrypted(payload: Payload): Payload {
    if (textOf(payload.metadata?.['encoding']) !== ENCRYPTED_ENCODING) return payload;
    const id = textOf(payload.metadata?.[KEY_ID]);
    const key = this.#keys.get(id);
    if (key === undefined) throw unreadable(id, 'which is not among the keys here');
    const data = payload.data ?? new Uint8Array();
    try {
      const decipher = createDecipheriv(CIPHER, key.key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
      const clear = [decipher.update(data.subarray(NONCE_BYTES, data.length - TAG_BYTES)), decipher.final()];
      return PayloadMessage.decode(Buffer.concat(clear));
    } catch (cause) {
      throw unreadable(id, 'but the key of that id here is another one, or it was changed since', cause);
    }
  }
}

function encrypted(payload: Payload, { id, key }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  const clear = PayloadMessage.encode(payload).finish();
  const data = Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCRYPTED_ENCODING), [KEY_ID]: Buffer.from(id) }, data };
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

function unreadable(id: string, why: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'PAYLOAD_UNREADABLE',
    `What Temporal holds was encrypted with the key "${id.slice(0, 64)}", ${why}.`,
    { remedy: 'Add that key to the file that SLUICE_PAYLOAD_KEYS_FILE names, wherever Sluice runs.', cause },
  );
}
