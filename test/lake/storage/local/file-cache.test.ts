import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileCache, type Fetch } from '../../../../lake/storage/local/file-cache.ts';
import { ScratchFolders } from '../../../../lake/storage/local/scratch-folders.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

const FILE_BYTES = 1_000;

/** A cache of remote files, each of 1,000 bytes that tell its path; `fetched` notes what was asked for. */
function open(limitBytes: number): {
  lend: <T>(paths: readonly string[], use: (local: readonly string[]) => Promise<T>) => Promise<T>;
  fetched: string[];
  keptBytes: () => number;
} {
  const folder = temporaryFolder();
  const kept = join(folder, 'kept');
  const cache = new FileCache(kept, limitBytes, new ScratchFolders(join(folder, 'work')));
  const fetched: string[] = [];
  const fetch: Fetch = (path, localPath, admit) => {
    fetched.push(path);
    admit(FILE_BYTES);
    writeFileSync(localPath, path.padEnd(FILE_BYTES));
    return Promise.resolve();
  };
  return {
    lend: (paths, use) =>
      cache.lend(
        paths.map((path) => ({ remotePath: path, name: path })),
        fetch,
        use,
      ),
    fetched,
    keptBytes: () => readdirSync(kept).reduce((sum, name) => sum + statSync(join(kept, name)).size, 0),
  };
}

const contents = (local: readonly string[]): Promise<string[]> =>
  Promise.resolve(local.map((path) => readFileSync(path, 'utf8').trim()));

describe('FileCache', () => {
  it('fetches a file once, and lends it in the order that is asked for', async () => {
    const { lend, fetched } = open(100 * FILE_BYTES);
    expect(await lend(['a', 'b'], contents)).toEqual(['a', 'b']);
    expect(await lend(['b', 'c', 'a'], contents)).toEqual(['b', 'c', 'a']);
    // Those of one call are fetched at a time: which of them comes first is nobody's business.
    expect(fetched.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('keeps to its limit, and forgets what has not been used for longest', async () => {
    const { lend, fetched, keptBytes } = open(10 * FILE_BYTES);
    for (let index = 0; index < 40; index += 1) {
      await lend([`file-${index}`], contents);
      await lend(['favourite'], contents);
      expect(keptBytes()).toBeLessThanOrEqual(12 * FILE_BYTES);
    }
    expect(fetched.filter((path) => path === 'favourite')).toHaveLength(1);
  });

  it('does not take away what is lent', async () => {
    const { lend } = open(3 * FILE_BYTES);
    const read = await lend(['lent'], async (local) => {
      for (let index = 0; index < 20; index += 1) await lend([`file-${index}`], contents);
      return contents(local);
    });
    expect(read).toEqual(['lent']);
  });

  it('refuses more at once than its limit, before it is written', async () => {
    const { lend, keptBytes } = open(3 * FILE_BYTES);
    await expect(lend(['a', 'b', 'c', 'd'], contents)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      remedy: expect.stringContaining('SLUICE_READ_CACHE_GIB') as string,
    });
    expect(keptBytes()).toBeLessThanOrEqual(3 * FILE_BYTES);
    expect(await lend(['a', 'b', 'c'], contents)).toEqual(['a', 'b', 'c']);
  });

  it('does not keep what has no name of its own', async () => {
    const folder = temporaryFolder();
    const cache = new FileCache(join(folder, 'kept'), 10 * FILE_BYTES, new ScratchFolders(join(folder, 'work')));
    let version = 0;
    const fetch: Fetch = (_, localPath) => {
      version += 1;
      writeFileSync(localPath, `version ${version}`);
      return Promise.resolve();
    };
    const files = [{ remotePath: 'checkpoint', name: undefined }];
    expect(await cache.lend(files, fetch, contents)).toEqual(['version 1']);
    expect(await cache.lend(files, fetch, contents)).toEqual(['version 2']);
  });
});
