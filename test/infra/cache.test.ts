import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ABANDONED_AFTER_MS, inCache } from '../../infra/cache.ts';
import { PathLock } from '../../infra/path-lock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const write = (text: string) => (temporary: string) => {
  writeFileSync(join(temporary, 'file'), text);
  return Promise.resolve(temporary);
};

it('has what was made whole, or nothing', async () => {
  const target = join(temporaryFolder(), 'jars', 'kafka');
  const failing = inCache(target, (temporary) => {
    writeFileSync(join(temporary, 'file'), 'half');
    return Promise.reject(new Error('no network'));
  });
  await expect(failing).rejects.toThrow('no network');
  expect(readdirSync(join(target, '..'))).toEqual([]);
  await inCache(target, write('whole'));
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('whole');
});

it('makes a thing once for all who ask for it at the same time', async () => {
  const target = join(temporaryFolder(), 'jars');
  let times = 0;
  const make = (temporary: string) => {
    times += 1;
    return write('it')(temporary);
  };
  await Promise.all([inCache(target, make), inCache(target, make)]);
  expect(times).toBe(1);
});

it('waits for another process that makes it', async () => {
  const target = join(temporaryFolder(), 'jars');
  const other = await PathLock.take(target, 0);
  const waiting = inCache(target, () => Promise.reject(new Error('made twice')));
  await write('theirs')(temporaryFolder()).then((made) => renameSync(made, target));
  await other?.release();
  await waiting;
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('theirs');
});

it('waits no longer once it is told to stop', async () => {
  const target = join(temporaryFolder(), 'jars');
  const other = await PathLock.take(target, 0);
  const stop = new AbortController();
  const waiting = inCache(target, write('ours'), stop.signal);
  stop.abort();
  await expect(waiting).rejects.toThrow('aborted');
  expect(existsSync(target)).toBe(false);
  await other?.release();
});

it('keeps what another process was faster to make', async () => {
  const target = join(temporaryFolder(), 'jars');
  await inCache(target, (temporary) => {
    mkdirSync(target);
    writeFileSync(join(target, 'file'), 'theirs');
    return write('ours')(temporary);
  });
  expect(readFileSync(join(target, 'file'), 'utf8')).toBe('theirs');
});

it('deletes what a crash left half made, once nobody can be at it any more', async () => {
  const target = join(temporaryFolder(), 'jars');
  const abandoned = `${target}.new-abandoned`;
  const underWay = `${target}.new-under-way`;
  mkdirSync(abandoned);
  mkdirSync(underWay);
  const old = new Date(Date.now() - ABANDONED_AFTER_MS - 60_000);
  utimesSync(abandoned, old, old);
  await inCache(target, write('it'));
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(underWay)).toBe(true);
});
