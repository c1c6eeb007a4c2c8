import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Component } from '../../../../infra/component.ts';
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
  #process: ChildProcess;
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
    await serverAt(home, port).prepare?.((line) => process.stderr.write(`  ${line}\n`));
    const s3 = new LocalS3(port, home, spawnServer(home, port));
    try {
      await s3.#answers();
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

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Ends it at once; its objects stay. */
  async crash(): Promise<void> {
    const ended = once(this.#process, 'exit');
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await ended;
  }

  async startAgain(): Promise<void> {
    this.#process = spawnServer(this.#home, this.port);
    await this.#answers();
  }

  async stop(): Promise<void> {
    this.#client.destroy();
    await this.crash();
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    const server = serverAt(this.#home, this.port);
    await waitFor('S3 to answer', server.startLimitMs, async () => (await server.isReady('')) || undefined);
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

function serverAt(home: string, port: number): Component {
  return s3Server(
    { home, cacheFolder: readSettings().cacheFolder },
    { port, accessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID, secretAccessKey: SECRET },
  );
}

function spawnServer(home: string, port: number): ChildProcess {
  const { file, args, environment } = serverAt(home, port).command();
  return spawn(file, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
}

/** What every AWS tool takes its credentials and region from. */
export const ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: 'sluice-test',
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
};
