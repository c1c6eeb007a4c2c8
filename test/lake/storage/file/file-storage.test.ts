import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FileStorage } from '../../../../lake/storage/file/file-storage.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

function open(): { storage: FileStorage; folder: string } {
  const folder = temporaryFolder();
  return { storage: new FileStorage(pathToFileURL(folder).href), folder };
}

describe('FileStorage', () => {
  it('leaves nothing but the object behind', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('x', Buffer.from('1'));
    await storage.createIfAbsent('x', Buffer.from('2'));
    await storage.replaceHint('log/hint', Buffer.from('3'));
    await storage.withScratchFolder(async (scratch) => {
      writeFileSync(join(scratch, 'f'), 'content');
      await storage.addFiles([{ localPath: join(scratch, 'f'), path: 'data/f' }]);
    });
    const temporary = join(folder, '_tmp');
    // This process's own folder stays, for the next piece of work.
    expect(readdirSync(temporary).flatMap((name) => readdirSync(join(temporary, name)))).toEqual([]);
  });

  it('has objects at hand where they lie', async () => {
    const { storage, folder } = open();
    await storage.createIfAbsent('d/a', Buffer.from('1'));
    expect(await storage.readLocally(['d/a'], (local) => Promise.resolve(local))).toEqual([join(folder, 'd/a')]);
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
