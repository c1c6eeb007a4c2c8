import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ABANDONED_AFTER_MS, ScratchFolders } from '../../../../lake/storage/local/scratch-folders.ts';
import { temporaryFolder } from '../../../temporary-folder.ts';

describe('ScratchFolders', () => {
  it('lends a folder that is gone afterwards, also where the work fails', async () => {
    const scratch = new ScratchFolders(temporaryFolder());
    let lent = '';
    await expect(
      scratch.lend((folder) => {
        lent = folder;
        writeFileSync(join(folder, 'file'), 'x');
        return Promise.reject(new Error('it failed'));
      }),
    ).rejects.toThrow('it failed');
    expect(lent).not.toBe('');
    expect(existsSync(lent)).toBe(false);
  });

  it('deletes what a process left that is no more, and nothing of one that runs', async () => {
    const root = temporaryFolder();
    const { pid: gone } = spawnSync('true');
    const left = (name: string, ageMs = 0): void => {
      mkdirSync(join(root, name, 'work'), { recursive: true });
      const at = new Date(Date.now() - ageMs);
      utimesSync(join(root, name), at, at);
    };
    left(`${hostname()}-${gone}-1`);
    left(`${hostname()}-${process.ppid}-1`, 2 * ABANDONED_AFTER_MS);
    left('another-machine-7-1');
    left('another-machine-8-1', 2 * ABANDONED_AFTER_MS);
    left('not-ours', 2 * ABANDONED_AFTER_MS);
    await new ScratchFolders(root).lend(() => Promise.resolve());
    const own = new RegExp(`^${hostname()}-${process.pid}-`);
    expect(readdirSync(root).filter((name) => !own.test(name))).toEqual(
      ['another-machine-7-1', `${hostname()}-${process.ppid}-1`, 'not-ours'].sort(),
    );
  });

  it('says that the scratch folder is at fault, not the lake', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'file'), '');
    await expect(new ScratchFolders(join(root, 'file', 'below')).lend(() => Promise.resolve())).rejects.toMatchObject({
      code: 'LAKE_UNREACHABLE',
      remedy: expect.stringContaining('SLUICE_SCRATCH') as string,
    });
  });
});
