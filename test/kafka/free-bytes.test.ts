import { describe, expect, it } from 'vitest';
import { freeBytes } from '../../kafka/free-bytes.ts';

describe('freeBytes', () => {
  it('gives back what is a buffer’s own', () => {
    const bytes = Buffer.allocUnsafeSlow(100_000);
    const part = bytes.subarray(10, 20);
    freeBytes(bytes);
    expect([bytes.length, part.length, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
  });

  it('leaves memory that others share', () => {
    const all = Buffer.alloc(100, 'x');
    freeBytes(all.subarray(0, 50));
    expect(all.toString()).toBe('x'.repeat(100));
    const pooled = Buffer.from('few bytes, of a pool');
    freeBytes(pooled);
    expect(pooled.toString()).toBe('few bytes, of a pool');
  });
});
