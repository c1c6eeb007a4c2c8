import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ABANDONED_AFTER_MS, ScratchFolders } from '../../../../lake/storage/local/scratch-folders.ts';
import { JOINABLE_FOR_MS, JOINABLE_PREFIX } from '../../../../plans/joinable-work.ts';
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
    const [fresh, old] = [randomUUID(), randomUUID()];
    left(fresh);
    left(old, 2 * ABANDONED_AFTER_MS);
    await new ScratchFolders(root).lend(() => Promise.resolve());
    const own = new RegExp(`^${hostname()}-${process.pid}-`);
    expect(readdirSync(root).filter((name) => !own.test(name))).toEqual(
      ['another-machine-7-1', `${hostname()}-${process.ppid}-1`, 'not-ours', fresh].sort(),
    );
  });

  it('keeps what others may still write for who joins them, as long as they can be joined', async () => {
    const root = temporaryFolder();
    const left = ['1', '2', '3'].map((start) => join(root, `${hostname()}-${spawnSync('true').pid}-${start}`));
    const [young = '', old = '', plain = ''] = left;
    const before = new Date(Date.now() - JOINABLE_FOR_MS - 1_000);
    for (const process of [young, old]) {
      mkdirSync(join(process, 'work', `${JOINABLE_PREFIX}operation`, '_temporary'), { recursive: true });
      mkdirSync(join(process, 'other-work'));
    }
    mkdirSync(join(plain, 'work', 'spool'), { recursive: true });
    utimesSync(join(old, 'work', `${JOINABLE_PREFIX}operation`), before, before);
    await new ScratchFolders(root).lend(() => Promise.resolve());
    expect(left.map((path) => existsSync(path))).toEqual([true, false, false]);
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
