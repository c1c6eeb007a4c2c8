import { randomUUID } from 'node:crypto';
import { createWriteStream, ReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { SluiceError } from '../../../errors/sluice-error.ts';
import { REQUEST_LIMITS, type RequestLimits, withRetries } from '../retry.ts';
import { openS3Client } from './s3-client.ts';
import { type Content, sendable, type Sendable } from './s3-content.ts';
import { failureOf, falseIfTaken, prospectOf, S3Error, undefinedIfMissing } from './s3-failure.ts';

/** What S3 takes in one PUT, and copies in one go (Amazon S3 API reference, PutObject and CopyObject). */
export const MAX_OBJECT_BYTES = 5 * 1024 ** 3;
/** Objects that one DeleteObjects request may name (API reference, DeleteObjects). */
export const MAX_KEYS_PER_DELETE = 1_000;
/** Metadata of an object that tells which call created it. */
const WRITER = 'sluice-writer';

interface Conditions {
  readonly IfNoneMatch?: '*';
  readonly Metadata?: Record<string, string>;
}

/** One S3 bucket. Each method is one piece of work with its retries; what fails is an S3Error. */
export class S3Bucket {
  readonly #client: S3Client;
  readonly #name: string;
  readonly #limits: RequestLimits;

  constructor(name: string, pathStyle: boolean, limits: RequestLimits = REQUEST_LIMITS) {
    this.#name = name;
    this.#limits = limits;
    this.#client = openS3Client(pathStyle, limits);
  }

  uriOf(key: string): string {
    return `s3://${this.#name}/${key}`;
  }

  /** An object's bytes; undefined where there is none. */
  async get(key: string): Promise<Buffer | undefined> {
    return this.#request('read', key, async () => {
      const command = new GetObjectCommand({ Bucket: this.#name, Key: key });
      const { Body } = await this.#client.send(command, this.#attempt());
      return Body && Buffer.from(await Body.transformToByteArray());
    }).catch(undefinedIfMissing);
  }

  /** Writes an object to a local file; before anything is written, `admit` is given its size and may throw. */
  async download(key: string, localPath: string, admit: (sizeBytes: number) => void): Promise<void> {
    await this.#request('read', key, async () => {
      const command = new GetObjectCommand({ Bucket: this.#name, Key: key });
      const { Body, ContentLength } = await this.#client.send(command);
      const body = Body as Readable;
      try {
        admit(ContentLength ?? 0);
        await pipeline(body, createWriteStream(localPath));
      } finally {
        body.destroy();
      }
    });
  }

  /** An object's size and the call that created it; undefined where there is none. */
  async head(key: string): Promise<{ sizeBytes: number; writer: string | undefined } | undefined> {
    const command = new HeadObjectCommand({ Bucket: this.#name, Key: key });
    const found = await this.#request('look for', key, () => this.#client.send(command, this.#attempt())).catch(
      undefinedIfMissing,
    );
    return found && { sizeBytes: found.ContentLength ?? 0, writer: found.Metadata?.[WRITER] };
  }

  /**
   * Creates an object unless one is there: true if it was this call that did. An answer may get lost, here or at a proxy that
   * asks again by itself: so where something is there, it is asked who wrote it.
   */
  async create(key: string, content: Content): Promise<boolean> {
    const writer = randomUUID();
    const sending = await sendable(content);
    const put = (): Promise<true> => this.#put(key, sending, { IfNoneMatch: '*', Metadata: { [WRITER]: writer } });
    for (let attempt = 1; ; attempt += 1) {
      if (await this.#request('create', key, put).catch(falseIfTaken)) return true;
      const there = await this.head(key);
      if (there !== undefined) return there.writer === writer;
      // What was there has been deleted since.
      if (attempt === this.#limits.maxAttempts) return false;
    }
  }

  async replace(key: string, content: Content): Promise<void> {
    const sending = await sendable(content);
    await this.#request('replace', key, () => this.#put(key, sending, {}));
  }

  /** Copies an object within the bucket, by the server itself; whole or not at all. */
  async copy(fromKey: string, toKey: string): Promise<void> {
    const source = `${this.#name}/${fromKey}`.split('/').map(encodeURIComponent).join('/');
    const command = new CopyObjectCommand({ Bucket: this.#name, Key: toKey, CopySource: source });
    await this.#request(`copy ${this.uriOf(fromKey)} to`, toKey, () => this.#client.send(command));
  }

  /** One page of a listing, in the order of the keys' UTF-8 bytes. */
  async list(page: Omit<ListObjectsV2CommandInput, 'Bucket'>): Promise<ListObjectsV2CommandOutput> {
    const command = new ListObjectsV2Command({ Bucket: this.#name, ...page });
    return this.#request('list', page.Prefix ?? '', () => this.#client.send(command, this.#attempt()));
  }

  /** Deletes objects; those that are gone already are no error. */
  async remove(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += MAX_KEYS_PER_DELETE) {
      const Objects = keys.slice(start, start + MAX_KEYS_PER_DELETE).map((Key) => ({ Key }));
      const command = new DeleteObjectsCommand({ Bucket: this.#name, Delete: { Objects, Quiet: true } });
      await this.#request('delete', Objects[0]?.Key ?? '', async () => {
        const { Errors = [] } = await this.#client.send(command, this.#attempt());
        const [failed] = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
        if (failed === undefined) return;
        const httpStatusCode = failed.Code === 'AccessDenied' ? 403 : 500;
        throw Object.assign(new Error(), { code: failed.Code, $metadata: { httpStatusCode } });
      });
    }
  }

  /**
   * One PUT of the whole. Nothing is visible before all of it has arrived, and a writer that dies leaves nothing behind, as
   * the parts of a multipart upload would be left. The server checks what arrives against the checksum and keeps it, so
   * that readers check again.
   */
  async #put(key: string, { sizeBytes, checksum, open }: Sendable, conditions: Conditions): Promise<true> {
    if (sizeBytes > MAX_OBJECT_BYTES) {
      throw new SluiceError('LIMIT_EXCEEDED', `${this.uriOf(key)} would have ${sizeBytes} bytes, more than S3 takes.`, {
        remedy: 'Lower the limits in the table’s definition, so that its files become smaller.',
      });
    }
    const Body = open();
    const object = { Bucket: this.#name, Key: key, Body, ContentLength: sizeBytes, ChecksumSHA256: checksum };
    const isFile = Body instanceof ReadStream;
    try {
      const answer = await this.#client.send(
        new PutObjectCommand({ ...object, ...conditions }),
        isFile ? {} : this.#attempt(),
      );
      // A server that keeps no checksums has at least counted.
      const agrees =
        answer.ChecksumSHA256 === undefined
          ? (await this.head(key))?.sizeBytes === sizeBytes
          : answer.ChecksumSHA256 === checksum;
      if (agrees) return true;
      throw new SluiceError('LAKE_UNREACHABLE', `S3 has not got ${this.uriOf(key)} as it was sent.`, {
        remedy: 'Check what lies between here and S3: something changes what it passes on.',
      });
    } finally {
      if (isFile) Body.destroy();
    }
  }

  #attempt(): { abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#limits.attemptMs) };
  }

  async #request<T>(what: string, key: string, request: () => Promise<T>): Promise<T> {
    try {
      return await withRetries(this.#limits.maxAttempts, prospectOf, request);
    } catch (thrown) {
      throw thrown instanceof SluiceError ? thrown : new S3Error(failureOf(thrown), what, this.uriOf(key));
    }
  }
}
