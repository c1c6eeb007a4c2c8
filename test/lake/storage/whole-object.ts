import { createHash } from 'node:crypto';

const DIGEST_LENGTH = 64;

/** Bytes that tell by themselves whether they are all there, and who wrote them. */
export function wholeObject(writer: string, sizeBytes: number): Buffer {
  const body = Buffer.from(`${writer}\n`.padEnd(sizeBytes, writer));
  return Buffer.concat([Buffer.from(createHash('sha256').update(body).digest('hex')), body]);
}

/** Who wrote the object. @throws where it is torn */
export function writerOf(object: Buffer): string {
  const body = object.subarray(DIGEST_LENGTH);
  const digest = createHash('sha256').update(body).digest('hex');
  if (object.subarray(0, DIGEST_LENGTH).toString() !== digest) throw new Error(`torn: ${object.length} bytes`);
  return body.subarray(0, body.indexOf('\n')).toString();
}
