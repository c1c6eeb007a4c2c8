import { createSecretKey, randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { PayloadKey } from '../../settings/payload-keys.ts';
import { EncryptionCodec } from '../../temporal/payload-codec.ts';

const key = (id: string): PayloadKey => ({ id, key: createSecretKey(randomBytes(32)) });
const FIRST = key('first');
const SECOND = key('second');
const VALUES = ['planted', { nested: ['planted', 1, null] }, '', new Uint8Array([0, 255]), undefined];
const PAYLOADS = VALUES.map((value) => defaultPayloadConverter.toPayload(value));

const valuesOf = (payloads: readonly Payload[]): unknown[] =>
  payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));

describe('EncryptionCodec', () => {
  it('hides what it encrypts, metadata too, and gives it back', async () => {
    const codec = new EncryptionCodec([FIRST]);
    const hidden = await codec.encode(PAYLOADS);
    for (const { metadata, data } of hidden) {
      expect(Object.keys(metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
      expect(Buffer.from(data ?? []).includes('planted')).toBe(false);
      expect(Buffer.from(data ?? []).includes('json/plain')).toBe(false);
    }
    expect(valuesOf(await codec.decode(hidden))).toEqual(VALUES);
  });

  it('never encrypts the same twice alike', async () => {
    const codec = new EncryptionCodec([FIRST]);
    const payload = defaultPayloadConverter.toPayload('same');
    const [one, other] = await codec.encode([payload, payload]);
    expect(Buffer.from(one?.data ?? []).equals(Buffer.from(other?.data ?? []))).toBe(false);
  });

  it('reads what any of its keys wrote, and writes with the first', async () => {
    const old = await new EncryptionCodec([FIRST]).encode(PAYLOADS);
    const rotated = new EncryptionCodec([SECOND, FIRST]);
    expect(valuesOf(await rotated.decode(old))).toEqual(VALUES);
    const fresh = await rotated.encode(PAYLOADS);
    expect(valuesOf(await new EncryptionCodec([SECOND]).decode(fresh))).toEqual(VALUES);
    await expect(new EncryptionCodec([FIRST]).decode(fresh)).rejects.toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
  });

  it('reads what was stored in clear text', async () => {
    expect(valuesOf(await new EncryptionCodec([FIRST]).decode(PAYLOADS))).toEqual(VALUES);
  });

  it('encrypts nothing without a key, and names the one that it would need', async () => {
    const none = new EncryptionCodec([]);
    expect(await none.encode(PAYLOADS)).toEqual(PAYLOADS);
    const reading = none.decode(await new EncryptionCodec([FIRST]).encode(PAYLOADS));
    await expect(reading).rejects.toMatchObject({ message: expect.stringContaining('"first"') as unknown });
  });

  it.each([
    ['another key of the same id', (payload: Payload) => payload, key('first')],
    ['a changed byte', flipped(20), FIRST],
    ['a changed tag', flipped(-1), FIRST],
    ['too few bytes', (payload: Payload) => ({ ...payload, data: payload.data?.subarray(0, 20) ?? null }), FIRST],
  ])('refuses %s', async (_, change, reading) => {
    const hidden = await new EncryptionCodec([FIRST]).encode(PAYLOADS);
    await expect(new EncryptionCodec([reading]).decode(hidden.map(change))).rejects.toMatchObject({
      code: 'PAYLOAD_UNREADABLE',
    });
  });
});

function flipped(at: number): (payload: Payload) => Payload {
  return (payload) => {
    const data = Buffer.from(payload.data ?? []);
    const index = at < 0 ? data.length + at : at;
    data[index] = (data[index] ?? 0) ^ 1;
    return { ...payload, data };
  };
}
