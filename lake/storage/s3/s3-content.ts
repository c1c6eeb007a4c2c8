import { createHash } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** What is to become an object: bytes at hand, or a local file. */
export type Content = Uint8Array | { readonly localPath: string };

/** Content that can be sent any number of times. */
export interface Sendable {
  readonly sizeBytes: number;
  /** SHA-256, in base64 as S3 takes it. */
  readonly checksum: string;
  readonly open: () => Uint8Array | ReadStream;
}

export async function sendable(content: Content): Promise<Sendable> {
  const hash = createHash('sha256');
  if (content instanceof Uint8Array) {
    return { sizeBytes: content.byteLength, checksum: hash.update(content).digest('base64'), open: () => content };
  }
  const { localPath } = content;
  const { size } = await stat(localPath);
  await pipeline(createReadStream(localPath), hash);
  return { sizeBytes: size, checksum: hash.digest('base64'), open: () => createReadStream(localPath) };
}
