import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FileStorage } from '../../../../lake/storage/file/file-storage.ts';
import { listed } from '../listed.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

function open(): { storage: FileStorage; folder: string } {
  const folder = temporaryFolder();
  return { storage: new FileStorage(pathToFileURL(folder).href), folder };
}

describe('FileStorage', () => {
  it('creates an object once: of many at the same time, one wins, and its bytes stay', async () => {
    const { storage } = open();
    const attempts = Array.from({ length: 20 }, (_, index) =>
      storage.createIfAbsent('a/b.json', Buffer.from(`by ${index}`)),
    );
    const won = (await Promise.all(attempts))
      .map((created, index) => (created ? index : -1))
      .filter((index) => index >= 0);
    expect(won).toHaveLength(1);
    expect((await storage.read('a/b.json'))?.toString()).toBe(`by ${won[0] ?? -1}`);
  });

  it('leaves nothing but the object behind', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('x', Buffer.from('1'));
    await storage.createIfAbsent('x', Buffer.from('2'));
    expect(readdirSync(join(folder, '_tmp'))).toEqual([]);
  });

  it('says that what is not there is not there', async () => {
    const { storage } = open();
    expect(await storage.read('nothing')).toBeUndefined();
    expect(await storage.exists('nothing')).toBe(false);
    expect(await listed(storage, 'nothing')).toEqual([]);
  });

  it('adds files whole, and refuses a path that has been used', async () => {
    const { storage, folder } = open();
    await storage.withScratchFolder(async (scratch) => {
      writeFileSync(join(scratch, 'f'), 'content');
      await storage.addFiles([{ localPath: join(scratch, 'f'), path: 'data/f' }]);
      expect((await storage.read('data/f'))?.toString()).toBe('content');
      await expect(storage.addFiles([{ localPath: join(scratch, 'f'), path: 'data/f' }])).rejects.toThrow(/add/);
    });
    expect(readdirSync(join(folder, '_tmp'))).toEqual([]);
  });

  it('links as often as it is told to', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('data/f', Buffer.from('content'));
    await storage.linkOrCopy('data/f', 'dt=2026-11-24/hour=5/g0-h1/f');
    await storage.linkOrCopy('data/f', 'dt=2026-11-24/hour=5/g0-h1/f');
    expect(readFileSync(join(folder, 'dt=2026-11-24/hour=5/g0-h1/f'), 'utf8')).toBe('content');
  });

  it('lists the objects of a folder by name, and no folders', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('d/b', Buffer.from('22'));
    await storage.createIfAbsent('d/a', Buffer.from('1'));
    mkdirSync(join(folder, 'd/inner'));
    expect(await listed(storage, 'd')).toEqual(['d/a', 'd/b']);
    for await (const { path, sizeBytes } of storage.list('d'))
      expect([path, sizeBytes]).toContain(path === 'd/a' ? 1 : 2);
  });

  it('lists all below a folder in the order of paths, and goes on after any of them', async () => {
    const { storage } = open();
    const paths = ['d/a', 'd/b-c/x', 'd/b/x', 'd/b/y/z', 'd/b0', 'd/é'];
    for (const path of paths.toReversed()) await storage.createIfAbsent(path, Buffer.from('1'));
    expect(await listed(storage, 'd', { deep: true })).toEqual(paths);
    for (const [index, after] of paths.entries()) {
      expect(await listed(storage, 'd', { deep: true, after })).toEqual(paths.slice(index + 1));
    }
    expect(await listed(storage, 'd', { after: 'd/a' })).toEqual(['d/b0', 'd/é']);
  });

  it('removes objects, and does not mind those that are gone', async () => {
    const { storage } = open();
    await storage.createIfAbsent('d/a', Buffer.from('1'));
    await storage.remove(['d/a', 'd/never']);
    expect(await storage.exists('d/a')).toBe(false);
  });

  it('has objects at hand where they lie', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('d/a', Buffer.from('1'));
    expect(await storage.readLocally(['d/a'], (local) => Promise.resolve(local))).toEqual([join(folder, 'd/a')]);
  });

  it('replaces hints', async () => {
    const { storage } = open();
    await storage.createIfAbsent('log/_last_checkpoint', Buffer.from('1'));
    await storage.replaceHint('log/_last_checkpoint', Buffer.from('2'));
    expect((await storage.read('log/_last_checkpoint'))?.toString()).toBe('2');
  });

  it('tells a broken path apart from a missing one', async () => {
    const { storage, folder } = open();
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o600);
    await expect(storage.createIfAbsent('file/below', Buffer.from('1'))).rejects.toMatchObject({
      code: 'LAKE_UNREACHABLE',
    });
  });
});
