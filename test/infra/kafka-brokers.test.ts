import { expect, it } from 'vitest';
import { newClusterId } from '../../infra/kafka-brokers.ts';

it.each([0x00, 0x7f, 0xf8, 0xfb, 0xff])(
  'makes a cluster’s id that no option begins like, of a first byte %i',
  (first) => {
    const id = newClusterId(Buffer.alloc(16, first));
    expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    expect(id).toMatch(/^[A-Za-z][A-Za-z0-9_-]{21}$/);
  },
);
