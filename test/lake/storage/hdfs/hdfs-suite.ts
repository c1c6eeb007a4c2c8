import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HdfsStorage, TEMPORARY } from '../../../../lake/storage/hdfs/hdfs-storage.ts';
import { ABANDONED_AFTER_MS } from '../../../../lake/storage/local/scratch-folders.ts';
import { REQUEST_LIMITS } from '../../../../lake/storage/retry.ts';
import type { Storage } from '../../../../lake/storage/storage.ts';
import { type HdfsPorts, hdfsPortsFrom } from '../../../../settings/hdfs-settings.ts';
import { type LakeSettings, readSettings } from '../../../../settings/settings.ts';
import { describeStorage } from '../conformance.ts';
import { FaultProxy } from '../fault-proxy.ts';
import { listed } from '../listed.ts';
import { wholeObject, writerOf } from '../whole-object.ts';

const RENAME = /op=RENAME/;
const OPEN = /op=OPEN/;
const CREATE = /op=CREATE/;
const ABANDONED_MARGIN_MS = 60_000;

/** What a test knows of a real HDFS that runs already. */
export interface RunningHdfs {
  readonly home: string;
  readonly firstPort: number;
}

/** What an HDFS must do as a storage, on a real one that `running` tells of once the tests have begun. */
export function describeHdfs(running: () => RunningHdfs): void {
  let lakes = 0;
  const emptyLake = (variables: Readonly<Record<string, string>> = {}): LakeSettings => {
    const { home, firstPort } = running();
    lakes += 1;
    return readSettings({
      SLUICE_LAKE: `hdfs:///suite/${lakes}`,
      SLUICE_PORT_HDFS: String(firstPort),
      SLUICE_HOME: join(home, `suite-${lakes}`),
      ...variables,
    });
  };
  describeStorage('hdfs: as a storage, on a real NameNode and DataNode', { emptyLake, manyObjects: 300 });

  describe('HDFS behind a network that fails', () => {
    let ports: HdfsPorts;
    let nameNode: FaultProxy;
    let dataNode: FaultProxy;

    beforeAll(async () => {
      ports = hdfsPortsFrom(running().firstPort);
      dataNode = await FaultProxy.start(ports.dataNodeWeb);
      nameNode = await FaultProxy.start(ports.webHdfs, [`http://127.0.0.1:${ports.dataNodeWeb}`, dataNode.url]);
    });

    beforeEach(() => {
      nameNode.reset();
      dataNode.reset();
    });

    afterAll(async () => {
      await nameNode.stop();
      await dataNode.stop();
    });

    const open = (settings: LakeSettings, maxAttempts = REQUEST_LIMITS.maxAttempts): HdfsStorage =>
      new HdfsStorage(
        { ...settings, hdfs: settings.hdfs ?? expect.unreachable() },
        { ...REQUEST_LIMITS, maxAttempts, attemptMs: 5_000, idleMs: 5_000 },
      );
    const faultyLake = (): HdfsStorage => open(emptyLake({ HDFS_WEBHDFS_URL: nameNode.url }));
    const contentOf = async (storage: Storage, path: string): Promise<string | undefined> =>
      (await storage.read(path))?.toString();

    it('settles a rename whose answer is lost by the file’s number, once or again and again', async () => {
      const storage = faultyLake();
      for (const times of [1, 4]) {
        nameNode.fail('PUT', RENAME, 'lose-answer', times);
        expect(await storage.createIfAbsent(`plans/${times}.json`, Buffer.from('mine'))).toBe(true);
        expect(await contentOf(storage, `plans/${times}.json`)).toBe('mine');
      }
      expect(await listed(storage, TEMPORARY)).toEqual([]);
    });

    it('settles it so where a rival was first, with the same bytes, and where a proxy sent it twice', async () => {
      const storage = faultyLake();
      await storage.createIfAbsent('plan.json', Buffer.from('the same'));
      nameNode.fail('PUT', RENAME, 'lose-answer');
      expect(await storage.createIfAbsent('plan.json', Buffer.from('the same'))).toBe(false);
      nameNode.fail('PUT', RENAME, 'repeat');
      expect(await storage.createIfAbsent('other.json', Buffer.from('mine'))).toBe(true);
    });

    it('has one winner of many, whoever’s answers are lost', async () => {
      const settings = emptyLake({ HDFS_WEBHDFS_URL: nameNode.url });
      const rivals = Array.from({ length: 12 }, () => open(settings));
      nameNode.fail('PUT', RENAME, 'lose-answer', 9);
      const created = await Promise.all(
        rivals.map((rival, index) => rival.createIfAbsent('seal.json', wholeObject(`rival ${index}`, 100_000))),
      );
      expect(created.filter(Boolean)).toHaveLength(1);
      expect(writerOf((await rivals[0]?.read('seal.json')) ?? Buffer.alloc(0))).toBe(`rival ${created.indexOf(true)}`);
    });

    it('shows nothing of an upload that breaks off, and takes the next one', async () => {
      const storage = faultyLake();
      const seen: boolean[] = [];
      dataNode.fail('PUT', CREATE, 'cut-upload', 2);
      await storage.withScratchFolder(async (folder) => {
        const localPath = join(folder, 'file');
        writeFileSync(localPath, wholeObject('file', 6_000_000));
        const ended = new AbortController();
        const adding = storage.addFiles([{ localPath, path: 'data/1.parquet' }]).finally(() => ended.abort());
        while (!ended.signal.aborted) {
          const object = await storage.read('data/1.parquet');
          seen.push(object !== undefined && writerOf(object) !== 'file');
        }
        await adding;
      });
      expect(seen).not.toContain(true);
      expect(writerOf((await storage.read('data/1.parquet')) ?? Buffer.alloc(0))).toBe('file');
      expect(await listed(storage, 'data')).toEqual(['data/1.parquet']);
    });

    it('reads again, whole, what breaks off', async () => {
      const storage = faultyLake();
      await storage.createIfAbsent('data/1', wholeObject('object', 3_000_000));
      dataNode.fail('GET', OPEN, 'cut-download', 2);
      expect(writerOf((await storage.read('data/1')) ?? Buffer.alloc(0))).toBe('object');
      dataNode.fail('GET', OPEN, 'cut-download', 2);
      const local = await storage.readLocally(['data/1'], ([path = '']) => Promise.resolve(readFileSync(path)));
      expect(writerOf(local)).toBe('object');
    });

    it('leaves a NameNode that stands by, or is away, for the other', async () => {
      const urls = ['http://127.0.0.1:1', nameNode.url, `http://127.0.0.1:${ports.webHdfs}`].join();
      const storage = open(emptyLake({ HDFS_WEBHDFS_URL: urls }));
      nameNode.fail('PUT', RENAME, 'standby');
      expect(await storage.createIfAbsent('plan.json', Buffer.from('mine'))).toBe(true);
      const asked = nameNode.seen.length;
      expect(await contentOf(storage, 'plan.json')).toBe('mine');
      expect(nameNode.seen).toHaveLength(asked);
    });

    it('says that nobody answers, and that a user may not write there', async () => {
      const nobody = open(emptyLake({ HDFS_WEBHDFS_URL: 'http://127.0.0.1:1' }), 2);
      await expect(nobody.createIfAbsent('x', Buffer.of(1))).rejects.toMatchObject({
        code: 'LAKE_UNREACHABLE',
        message: expect.stringContaining('ECONNREFUSED') as string,
        remedy: expect.stringContaining('HDFS_WEBHDFS_URL') as string,
      });
      const stranger = open(emptyLake({ HADOOP_USER_NAME: 'stranger' }), 2);
      await expect(stranger.createIfAbsent('x', Buffer.of(1))).rejects.toMatchObject({
        code: 'LAKE_NOT_WRITABLE',
        message: expect.stringContaining('user=stranger') as string,
      });
    });

    it('refuses a server that leaves out rename’s options, as HttpFS does', async () => {
      const storage = faultyLake();
      nameNode.fail('PUT', RENAME, 'without-options');
      await expect(storage.createIfAbsent('x', Buffer.of(1))).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        remedy: expect.stringContaining('HttpFS') as string,
      });
    });

    it('deletes what a killed writer has left, once nobody can be at work on it', async () => {
      const settings = emptyLake();
      const before = open(settings);
      for (const name of ['old', 'new']) await before.createIfAbsent(`${TEMPORARY}/${name}`, Buffer.of(1));
      const time = Date.now() - ABANDONED_AFTER_MS - ABANDONED_MARGIN_MS;
      const path = `${new URL(settings.lakeUri).pathname}/${TEMPORARY}/old`;
      const query = `op=SETTIMES&modificationtime=${time}&user.name=${settings.hdfs?.user ?? ''}`;
      const url = `http://127.0.0.1:${ports.webHdfs}/webhdfs/v1${path}?${query}`;
      expect((await fetch(url, { method: 'PUT' })).ok).toBe(true);
      const storage = open(settings);
      expect(await storage.createIfAbsent('x', Buffer.of(1))).toBe(true);
      expect(await listed(storage, TEMPORARY)).toEqual([`${TEMPORARY}/new`]);
    });
  });
}
