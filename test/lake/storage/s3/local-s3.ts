import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { s3Server } from '../../../../infra/s3-server.ts';
import { readSettings } from '../../../../settings/settings.ts';
import { waitFor } from '../../../wait-for.ts';
import { freePort } from '../../hive/metastore-server.ts';

/** Planted, to be looked for where it must not be. */
export const SECRET = 'planted-Secret/key+000000000000000000000';
export const BUCKET = 'sluice-lake';

/** A real S3 server (versitygw) with a folder and port of its own, and an empty bucket. */
export class LocalS3 {
  readonly port: number;
  readonly #home: string;
  readonly #process: ChildProcess;
  readonly #client: S3Client;

  private constructor(port: number, home: string, started: ChildProcess) {
    this.port = port;
    this.#home = home;
    this.#process = started;
    this.#client = new S3Client({
      endpoint: this.url,
      region: ENVIRONMENT.AWS_REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID, secretAccessKey: SECRET },
    });
  }

  static async start(): Promise<LocalS3> {
    const home = mkdtempSync(join(tmpdir(), 'sluice-s3-'));
    const port = await freePort();
    const server = s3Server(
      { home, cacheFolder: readSettings().cacheFolder },
      { port, accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID, secretAccessKey: SECRET },
    );
    await server.prepare?.((line) => process.stderr.write(`  ${line}\n`));
    const { file, args, environment } = server.command();
    const started = spawn(file, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
    const s3 = new LocalS3(port, home, started);
    try {
      await waitFor('S3 to answer', server.startLimitMs, async () => (await server.isReady('')) || undefined);
      await s3.#client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      return s3;
    } catch (error) {
      await s3.stop();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    const ended = once(this.#process, 'exit');
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await ended;
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** All objects below a prefix of the bucket, as a client sees them that is not Sluice. */
  async objects(prefix: string): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.#client },
      { Bucket: BUCKET, Prefix: prefix },
    )) {
      for (const { Key = '' } of Contents) {
        const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        found.set(Key, (await Body?.transformToByteArray()) ?? new Uint8Array());
      }
    }
    return found;
  }
}

/** What every AWS tool takes its credentials and region from. */
export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'sluice-test',
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};
