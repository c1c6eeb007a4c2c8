import zlib from 'node:zlib';
import { compressionsAlgorithms } from './library.ts';
import { SluiceError } from '../errors/sluice-error.ts';

/** A record batch's codecs, in the order of their numbers in the batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

/** How much one compressed record batch may hold once it is expanded. */
export const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

/**
 * The bytes of a batch's records. Where the format tells the size, it is checked before anything is allocated.
 * @throws SluiceError RECORD_TOO_LARGE past the limit; whatever the codec throws for damaged data.
 */
export function decompress(codec: Codec, data: Buffer, maxBytes: number): Buffer {
  switch (codec) {
    case 'none':
      return data;
    case 'gzip':
      return limited(maxBytes, () => zlib.gunzipSync(data, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }));
    case 'zstd':
      return limited(maxBytes, () =>
        zlib.zstdDecompressSync(data, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }),
      );
    case 'snappy':
      requireWithin(snappySize(data), maxBytes);
      return compressionsAlgorithms.snappy.decompressSync(data);
    case 'lz4':
      requireWithin(lz4SizeBound(data), maxBytes);
      return compressionsAlgorithms.lz4.decompressSync(data);
  }
}

/** zlib grows its output by this much at a time; its default of 16 KiB makes many small pieces of one batch. */
const CHUNK_BYTES = 256 * 1024;

function limited(maxBytes: number, expand: () => Buffer): Buffer {
  try {
    return expand();
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw thrown;
  }
}

function requireWithin(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): SluiceError {
  return new SluiceError('RECORD_TOO_LARGE', `A compressed record batch expands to more than ${maxBytes} bytes.`, {
    remedy: 'Raise the limit, or exclude the batch.',
    details: { maxDecompressedBytes: maxBytes },
  });
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/**
 * Size of snappy data, by the length that begins each block (format_description.txt of google/snappy). Java's client
 * frames its blocks as xerial/snappy-java does: a header, then each block's size and the block.
 */
function snappySize(data: Buffer): number {
  if (!data.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unsignedVarint(data, 0);
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= data.length;) {
    total += unsignedVarint(data, at + 4);
    at += 4 + data.readUInt32BE(at);
  }
  return total;
}

function unsignedVarint(data: Buffer, start: number): number {
  let value = 0;
  for (let at = start, scale = 1; at < data.length; at++, scale *= 128) {
    const byte = data[at] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  return value;
}

const LZ4_CONTENT_SIZE = 0x08;
const LZ4_BLOCK_CHECKSUM = 0x10;
const LZ4_DICTIONARY_ID = 0x01;

/** The most that an LZ4 frame can expand to: its blocks, each as large as the frame allows (lz4_Frame_format.md). */
function lz4SizeBound(data: Buffer): number {
  const flags = data[4] ?? 0;
  const blockBytes = 2 ** (8 + 2 * (((data[5] ?? 0) >> 4) & 7));
  const headerBytes = 7 + (flags & LZ4_CONTENT_SIZE ? 8 : 0) + (flags & LZ4_DICTIONARY_ID ? 4 : 0);
  let blocks = 0;
  for (let at = headerBytes; at + 4 <= data.length; blocks++) {
    const size = data.readUInt32LE(at) & 0x7fffffff;
    if (size === 0) break;
    at += 4 + size + (flags & LZ4_BLOCK_CHECKSUM ? 4 : 0);
  }
  return blocks * blockBytes;
}
