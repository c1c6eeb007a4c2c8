import { describe, expect, it } from 'vitest';
import { compressionsAlgorithms } from '@platformatic/kafka';
import { decompress } from '../../kafka/compression.ts';

const EXPANDS_A_LOT = Buffer.alloc(8 * 1024 * 1024, 'abcdefgh');

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s', (codec) => {
  const compressed = compressionsAlgorithms[codec].compressSync(EXPANDS_A_LOT);

  it('expands data up to the limit', () => {
    // The bound that LZ4 blocks give is in whole blocks, so the limit is given one of room.
    const limit = EXPANDS_A_LOT.length + (codec === 'lz4' ? 4 * 1024 * 1024 : 0);
    expect(decompress(codec, compressed, limit).equals(EXPANDS_A_LOT)).toBe(true);
  });

  it('refuses data beyond the limit', () => {
    const expand = () => decompress(codec, compressed, EXPANDS_A_LOT.length / 2);
    expect(expand).toThrow(expect.objectContaining({ code: 'RECORD_TOO_LARGE' }));
  });
});

it('adds up the blocks of xerial snappy before it expands them', () => {
  const block = compressionsAlgorithms.snappy.compressSync(Buffer.alloc(32 * 1024, 'x'));
  const size = Buffer.alloc(4);
  size.writeUInt32BE(block.length);
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const framed = Buffer.concat([header, size, block, size, block]);
  expect(decompress('snappy', framed, 64 * 1024)).toHaveLength(64 * 1024);
  expect(() => decompress('snappy', framed, 64 * 1024 - 1)).toThrow(
    expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
  );
});
