import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Storage } from '../../../../lake/storage/s3/s3-storage.ts';
import { REQUEST_LIMITS } from '../../../../lake/storage/retry.ts';
import { type LakeSettings, readSettings } from '../../../../settings/settings.ts';
import { describeStorage } from '../conformance.ts';
import { type Fault, FaultProxy } from '../fault-proxy.ts';
import { listed } from '../listed.ts';
import { wholeObject, writerOf } from '../whole-object.ts';
import { BUCKET, ENVIRONMENT, LocalS3, SECRET } from './local-s3.ts';

const home = mkdtempSync(join(tmpdir(), 'sluice-test-'));
let s3: LocalS3;
let proxy: FaultProxy;
let lakes = 0;

beforeAll(async () => {
  s3 = await LocalS3.start();
  proxy = await FaultProxy.start(s3.port);
  useEnvironment({ ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url });
});

afterEach(() => {
  proxy.reset();
  vi.unstubAllEnvs();
  useEnvironment({ ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url });
});

afterAll(async () => {
  await proxy.stop();
  await s3.stop();
  rmSync(home, { recursive: true, force: true });
});

function useEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

function emptyLake(bucket = BUCKET): LakeSettings {
  lakes += 1;
  return readSettings({
    ...process.env,
    SLUICE_LAKE: `s3://${bucket}/lakes/${lakes}`,
    SLUICE_HOME: join(home, `home-${lakes}`),
  });
}

describeStorage('s3: as a storage, on a real server', { emptyLake, manyObjects: 1_100 });

/** A lake behind the proxy, its server already known to refuse what is there. */
async function faultyLake(): Promise<S3Storage> {
  useEnvironment({ AWS_ENDPOINT_URL_S3: proxy.url });
  const storage = new S3Storage(emptyLake(), { ...REQUEST_LIMITS, attemptMs: 1_000, idleMs: 2_000 });
  await storage.createIfAbsent('warm-up', Buffer.from(''));
  proxy.reset();
  return storage;
}

function requests(pathEnds: string): string[] {
  return proxy.seen.filter((request) => request.endsWith(pathEnds)).map((request) => request.split(' ')[0] ?? '');
}

describe('an answer of S3 that gets lost', () => {
  it('is settled by reading back: the object is this call’s', async () => {
    const storage = await faultyLake();
    proxy.fail('PUT', '/plan.json', 'lose-answer');
    expect(await storage.createIfAbsent('plan.json', Buffer.from('mine'))).toBe(true);
    expect(requests('/plan.json')).toEqual(['PUT', 'PUT', 'HEAD']);
    expect((await storage.read('plan.json'))?.toString()).toBe('mine');
  });

  it('is settled so too where the answer to the reading back is lost, and where nearly all are', async () => {
    const storage = await faultyLake();
    proxy.fail('PUT', '/plan.json', 'lose-answer', 4);
    proxy.fail('HEAD', '/plan.json', 'lose-answer', 4);
    expect(await storage.createIfAbsent('plan.json', Buffer.from('mine'))).toBe(true);
  });

  it('is settled so where a rival was first, even one with the same bytes', async () => {
    const storage = await faultyLake();
    await storage.createIfAbsent('plan.json', Buffer.from('the same'));
    proxy.fail('PUT', '/plan.json', 'lose-answer');
    expect(await storage.createIfAbsent('plan.json', Buffer.from('the same'))).toBe(false);
  });

  it('is settled so where something on the way has sent the request twice', async () => {
    const storage = await faultyLake();
    proxy.fail('PUT', '/plan.json', 'repeat');
    expect(await storage.createIfAbsent('plan.json', Buffer.from('mine'))).toBe(true);
  });

  it('has one winner of many, whoever’s answers are lost', async () => {
    await faultyLake();
    const settings = emptyLake();
    const rivals = Array.from({ length: 12 }, () => new S3Storage(settings));
    proxy.fail('PUT', '/seal.json', 'lose-answer', 9);
    const created = await Promise.all(
      rivals.map((rival, index) => rival.createIfAbsent('seal.json', wholeObject(`rival ${index}`, 100_000))),
    );
    expect(created.filter(Boolean)).toHaveLength(1);
    expect(writerOf((await rivals[0]?.read('seal.json')) ?? Buffer.alloc(0))).toBe(`rival ${created.indexOf(true)}`);
  });

  it('changes nothing for files that are added, copies and deletions', async () => {
    const storage = await faultyLake();
    proxy.fail('PUT', 'data/1.parquet', 'lose-answer', 2);
    proxy.fail('PUT', 'dt=2026-11-24/1.parquet', 'lose-answer');
    proxy.fail('POST', BUCKET, 'lose-answer');
    await storage.withScratchFolder(async (folder) => {
      const localPath = join(folder, 'file');
      writeFileSync(localPath, wholeObject('file', 3_000_000));
      await storage.addFiles([{ localPath, path: 'data/1.parquet' }]);
    });
    for (let copy = 0; copy < 3; copy += 1) await storage.linkOrCopy('data/1.parquet', 'dt=2026-11-24/1.parquet');
    // Its lost answer is asked for again; what is there is not copied over.
    expect(requests('dt=2026-11-24/1.parquet').filter((method) => method === 'PUT').length).toBeLessThanOrEqual(2);
    expect(writerOf((await storage.read('dt=2026-11-24/1.parquet')) ?? Buffer.alloc(0))).toBe('file');
    await storage.remove(['data/1.parquet']);
    expect(await listed(storage, 'data')).toEqual([]);
  });
});

describe('an S3 in trouble', () => {
  const troubles: [Fault, number][] = [
    ['slow-down', 2],
    ['internal-error', 3],
    ['hang', 1],
    ['lose-answer', 2],
  ];

  it.each(troubles)('%s (%i times): each kind of request is made again', async (fault, times) => {
    const storage = await faultyLake();
    await storage.createIfAbsent('d/object', wholeObject('object', 10_000));
    for (const [method, pathEnds] of [
      ['PUT', 'd/new'],
      ['PUT', 'd/hint'],
      ['PUT', 'd/copy'],
      ['GET', 'd/object'],
      ['HEAD', 'd/object'],
      ['GET', BUCKET],
      ['GET', `${BUCKET}/`],
      ['POST', BUCKET],
      ['POST', `${BUCKET}/`],
    ] as const) {
      proxy.fail(method, pathEnds, fault, times);
    }
    expect(await storage.createIfAbsent('d/new', Buffer.from('new'))).toBe(true);
    await storage.replaceHint('d/hint', Buffer.from('hint'));
    await storage.linkOrCopy('d/object', 'd/copy');
    expect(writerOf((await storage.read('d/object')) ?? Buffer.alloc(0))).toBe('object');
    expect(await storage.exists('d/object')).toBe(true);
    expect(await listed(storage, 'd')).toEqual(['d/copy', 'd/hint', 'd/new', 'd/object']);
    await storage.remove(['d/new']);
    expect(await storage.exists('d/new')).toBe(false);
    expect(requests('d/new').filter((method) => method === 'PUT').length).toBeGreaterThan(times);
  });

  it('is given up after a number of attempts, with what to do', async () => {
    const storage = await faultyLake();
    proxy.fail('GET', '/never', 'slow-down', 1_000);
    await expect(storage.read('never')).rejects.toMatchObject({
      code: 'LAKE_UNREACHABLE',
      message: expect.stringContaining('SlowDown, HTTP 503') as string,
      remedy: expect.stringContaining('AWS_ENDPOINT_URL_S3') as string,
    });
    expect(requests('/never')).toHaveLength(REQUEST_LIMITS.maxAttempts);
  });

  it('shows nothing of an upload that is cut off, and takes the next one', async () => {
    const storage = await faultyLake();
    const seen: boolean[] = [];
    proxy.fail('PUT', '/1.parquet', 'cut-upload', 3);
    await storage.withScratchFolder(async (folder) => {
      const localPath = join(folder, 'file');
      writeFileSync(localPath, wholeObject('file', 6_000_000));
      const adding = storage.addFiles([{ localPath, path: 'data/1.parquet' }]);
      while (requests('/1.parquet').filter((method) => method === 'PUT').length < 4) {
        const object = await storage.read('data/1.parquet');
        seen.push(object !== undefined && writerOf(object) !== 'file');
      }
      await adding;
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(true);
    expect(writerOf((await storage.read('data/1.parquet')) ?? Buffer.alloc(0))).toBe('file');
    expect(await listed(storage, 'data')).toEqual(['data/1.parquet']);
  });

  it.each<Fault>(['cut-download', 'corrupt-download'])('%s: what is read is read again, whole', async (fault) => {
    const storage = await faultyLake();
    await storage.createIfAbsent('data/1', wholeObject('object', 3_000_000));
    proxy.fail('GET', 'data/1', fault, 2);
    expect(writerOf((await storage.read('data/1')) ?? Buffer.alloc(0))).toBe('object');
    expect(requests('data/1').filter((method) => method === 'GET')).toHaveLength(3);
    proxy.reset();
    proxy.fail('GET', 'data/1', fault, 2);
    const locally = await storage.readLocally(['data/1'], ([path = '']) => Promise.resolve(readFileSync(path)));
    expect(writerOf(locally)).toBe('object');
    expect(requests('data/1')).toHaveLength(3);
  });
});

describe('an S3 that cannot be used', () => {
  async function failureOf(settings: LakeSettings): Promise<Error> {
    const storage = new S3Storage(settings, { ...REQUEST_LIMITS, maxAttempts: 2 });
    return storage.createIfAbsent('x', Buffer.from('x')).then(
      () => new Error('it worked'),
      (thrown: unknown) => thrown as Error,
    );
  }

  it('says that the bucket is missing', async () => {
    expect(await failureOf(emptyLake('no-such-bucket'))).toMatchObject({
      code: 'LAKE_UNREACHABLE',
      message: expect.stringContaining('NoSuchBucket') as string,
      remedy: expect.stringContaining('SLUICE_LAKE') as string,
    });
  });

  it('says that nobody answers', async () => {
    useEnvironment({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' });
    expect(await failureOf(emptyLake())).toMatchObject({
      code: 'LAKE_UNREACHABLE',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('says that access is denied, and keeps the credentials to itself', async () => {
    const wrong = `${SECRET}-wrong`;
    useEnvironment({ AWS_SECRET_ACCESS_KEY: wrong });
    const failure = await failureOf(emptyLake());
    expect(failure).toMatchObject({
      code: 'LAKE_NOT_WRITABLE',
      message: expect.stringContaining('SignatureDoesNotMatch') as string,
    });
    expect(everythingIn(failure)).not.toMatch(/planted|sluice-test/);
  });

  it('says that there are no credentials', async () => {
    useEnvironment({
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
    });
    expect(await failureOf(emptyLake())).toMatchObject({
      code: 'LAKE_NOT_WRITABLE',
      remedy: expect.stringContaining('AWS_ACCESS_KEY_ID') as string,
    });
  });

  it('says that no region is set', async () => {
    useEnvironment({ AWS_REGION: undefined, AWS_CONFIG_FILE: '/dev/null' });
    expect(await failureOf(emptyLake())).toMatchObject({ remedy: expect.stringContaining('AWS_REGION') as string });
  });

  /** A fake: no S3 that is to be had overwrites any more in spite of If-None-Match, as older ones did. */
  it('is refused where it overwrites what is there', async () => {
    const careless = createServer((incoming, outgoing) => {
      incoming.resume();
      incoming.on('end', () =>
        outgoing.writeHead(200, { 'content-length': incoming.method === 'HEAD' ? '55' : '0' }).end(),
      );
    });
    careless.listen(0, '127.0.0.1');
    await once(careless, 'listening');
    useEnvironment({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(careless.address() as AddressInfo).port}` });
    expect(await failureOf(emptyLake())).toMatchObject({
      code: 'SETTINGS_INVALID',
      remedy: expect.stringContaining('If-None-Match') as string,
    });
    careless.closeAllConnections();
    careless.close();
  });
});

describe('credentials', () => {
  const NONE = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

  it('come from a profile of the shared file', async () => {
    const file = join(home, 'credentials');
    writeFileSync(
      file,
      `[lake]\naws_access_key_id = ${ENVIRONMENT.AWS_ACCESS_KEY_ID}\naws_secret_access_key = ${SECRET}\n`,
    );
    useEnvironment({ ...NONE, AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'lake' });
    expect(await new S3Storage(emptyLake()).createIfAbsent('x', Buffer.from('x'))).toBe(true);
  });

  it('come from the container that the process runs in', async () => {
    const container = createServer((_, outgoing) => {
      const Expiration = new Date(Date.now() + 3_600_000).toISOString();
      const answer = { AccessKeyId: ENVIRONMENT.AWS_ACCESS_KEY_ID, SecretAccessKey: SECRET, Token: '', Expiration };
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    container.listen(0, '127.0.0.1');
    await once(container, 'listening');
    const url = `http://127.0.0.1:${(container.address() as AddressInfo).port}/credentials`;
    useEnvironment({
      ...NONE,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    });
    expect(await new S3Storage(emptyLake()).createIfAbsent('x', Buffer.from('x'))).toBe(true);
    container.closeAllConnections();
    container.close();
  });
});

/** An error as a log or a debugger would print it, with all that hangs on it. */
function everythingIn(error: Error): string {
  const { cause, stack, message, ...rest } = error;
  return [
    stack,
    message,
    JSON.stringify(rest),
    cause instanceof Error ? everythingIn(cause) : JSON.stringify(cause),
  ].join('\n');
}
