import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStorage } from '../../../lake/storage/open-storage.ts';
import type { Storage } from '../../../lake/storage/storage.ts';
import type { LakeSettings } from '../../../settings/settings.ts';
import { listed } from './listed.ts';
import { wholeObject, writerOf } from './whole-object.ts';

const RIVALS = 24;
const RACES = 8;
const KILLS = 3;
const OBJECTS_BEFORE_KILL = 4;
const WRITER_LIMIT_MS = 60_000;
const WRITER = fileURLToPath(new URL('endless-writer.ts', import.meta.url));

const LEADING_OUT = [
  '',
  '/',
  '..',
  '../secret',
  'a/../../secret',
  '/secret',
  'a//b',
  'a/',
  'a/.',
  './a',
  'a\\..\\..\\secret',
  'a\0b',
];

export interface ConformanceOptions {
  /** Where an empty lake is, and how to reach it: each call another lake. */
  readonly emptyLake: () => LakeSettings;
  /** More objects than one page of a listing has. */
  readonly manyObjects: number;
}

/** What every storage must do; each test on an empty lake of its own. */
export function describeStorage(name: string, { emptyLake, manyObjects }: ConformanceOptions): void {
  describe(name, () => {
    it('creates an object once: of many clients at the same time one wins, and nobody ever sees half of it', async () => {
      const settings = emptyLake();
      const rivals = Array.from({ length: RIVALS }, () => openStorage(settings));
      const reader = openStorage(settings);
      await Promise.all(rivals.map((rival) => rival.exists('races/warm-up')));
      for (let round = 0; round < RACES; round += 1) {
        const path = `races/${round}.json`;
        const race = new AbortController();
        const watching = writersSeen(reader, path, race.signal);
        const created = await Promise.all(
          rivals.map((rival, index) => rival.createIfAbsent(path, wholeObject(`rival ${index}`, 1 + index * 20_000))),
        );
        race.abort();
        expect(created.filter(Boolean)).toHaveLength(1);
        const winner = `rival ${created.indexOf(true)}`;
        expect(writerOf((await reader.read(path)) ?? Buffer.alloc(0))).toBe(winner);
        expect([...(await watching)].filter((writer) => writer !== winner)).toEqual([]);
      }
    });

    it('leaves an object that is there as it is', async () => {
      const storage = openStorage(emptyLake());
      expect(await storage.createIfAbsent('a/b.json', Buffer.from('first'))).toBe(true);
      expect(await storage.createIfAbsent('a/b.json', Buffer.from('second'))).toBe(false);
      expect((await storage.read('a/b.json'))?.toString()).toBe('first');
      expect(await storage.createIfAbsent('a/empty', Buffer.alloc(0))).toBe(true);
      expect(await storage.read('a/empty')).toEqual(Buffer.alloc(0));
    });

    it('adds files whole, and refuses a path that has been used', async () => {
      const storage = openStorage(emptyLake());
      await storage.withScratchFolder(async (folder) => {
        const files = Array.from({ length: 20 }, (_, index) => ({
          localPath: join(folder, `${index}`),
          path: `data/b0000000001-0-0-abc-${index}.parquet`,
        }));
        for (const [index, { localPath }] of files.entries())
          await writeFile(localPath, wholeObject(`file ${index}`, index * 100_000));
        await storage.addFiles(files);
        for (const [index, { path }] of files.entries())
          expect(writerOf((await storage.read(path)) ?? Buffer.alloc(0))).toBe(`file ${index}`);
        await writeFile(files[0]?.localPath ?? '', 'something else');
        await expect(storage.addFiles(files.slice(0, 1))).rejects.toThrow(/add/);
      });
    });

    it('says that what is not there is not there', async () => {
      const storage = openStorage(emptyLake());
      expect(await storage.read('nothing')).toBeUndefined();
      expect(await storage.exists('nothing')).toBe(false);
      expect(await listed(storage, 'nothing')).toEqual([]);
      expect(await listed(storage, 'nothing', { deep: true })).toEqual([]);
    });

    it('links or copies as often as it is told to, also several at a time', async () => {
      const storage = openStorage(emptyLake());
      const path = 'data é+%2F/b0000000001-0-0-abc-0.parquet';
      await storage.createIfAbsent(path, wholeObject('original', 300_000));
      const targets = ['dt=2026-11-24/hour=5/g0-h1/x.parquet', 'name=a%2Fb c+d&é/g0-h1/x.parquet'];
      for (const target of targets) {
        await Promise.all(Array.from({ length: 8 }, () => storage.linkOrCopy(path, target)));
        await storage.linkOrCopy(path, target);
        expect(writerOf((await storage.read(target)) ?? Buffer.alloc(0))).toBe('original');
      }
      await storage.remove([path]);
      for (const target of targets) expect(await storage.exists(target)).toBe(true);
      await expect(storage.linkOrCopy(path, 'dt=2026-11-24/hour=6/g0-h1/x.parquet')).rejects.toMatchObject({
        code: 'LAKE_UNREACHABLE',
      });
    });

    it('lists at once what was created, and no longer what was removed', async () => {
      const storage = openStorage(emptyLake());
      for (let version = 0; version < 12; version += 1) {
        const path = `log/${String(version).padStart(20, '0')}.json`;
        await storage.createIfAbsent(path, Buffer.from('x'.repeat(version)));
        const entries = [];
        for await (const entry of storage.list('log')) entries.push(entry);
        expect(entries.map(({ sizeBytes }) => sizeBytes)).toEqual(
          Array.from({ length: version + 1 }, (_, size) => size),
        );
        expect(Math.abs((entries.at(-1)?.modifiedAtMs ?? 0) - Date.now())).toBeLessThan(10_000);
      }
      await storage.remove(['log/00000000000000000003.json', 'log/never-there.json']);
      expect(await listed(storage, 'log')).not.toContain('log/00000000000000000003.json');
      expect(await storage.exists('log/00000000000000000003.json')).toBe(false);
    });

    it('lists a folder alone, or all below it, in the order of paths, and goes on after any of them', async () => {
      const storage = openStorage(emptyLake());
      const paths = ['d/a', 'd/b-c/x', 'd/b/x', 'd/b/y/z', 'd/b0', 'd/é'];
      for (const path of [...paths, 'd2/other', 'e']) await storage.createIfAbsent(path, Buffer.from('1'));
      expect(await listed(storage, 'd')).toEqual(['d/a', 'd/b0', 'd/é']);
      expect(await listed(storage, 'd', { after: 'd/a' })).toEqual(['d/b0', 'd/é']);
      expect(await listed(storage, 'd', { deep: true })).toEqual(paths);
      for (const [index, after] of paths.entries()) {
        expect(await listed(storage, 'd', { deep: true, after })).toEqual(paths.slice(index + 1));
      }
    });

    it('lists and removes more than fits on one page', async () => {
      const storage = openStorage(emptyLake());
      const paths = Array.from({ length: manyObjects }, (_, index) => `many/${String(index).padStart(6, '0')}`);
      const waiting = paths.values();
      const create = async (): Promise<void> => {
        for (const path of waiting) await storage.createIfAbsent(path, Buffer.from(path));
      };
      await Promise.all(Array.from({ length: 16 }, create));
      expect(await listed(storage, 'many')).toEqual(paths);
      expect(await listed(storage, 'many', { after: paths[manyObjects - 3] ?? '' })).toEqual(paths.slice(-2));
      await storage.remove(paths);
      expect(await listed(storage, 'many')).toEqual([]);
    });

    it('replaces hints', async () => {
      const storage = openStorage(emptyLake());
      for (const hint of ['1', '2', '3']) {
        await storage.replaceHint('log/_last_checkpoint', Buffer.from(hint));
        expect((await storage.read('log/_last_checkpoint'))?.toString()).toBe(hint);
      }
    });

    it('has objects at hand for an engine, in order, as often as it is asked', async () => {
      const storage = openStorage(emptyLake());
      const paths = Array.from({ length: 30 }, (_, index) => `data/${index}`);
      for (const path of paths) await storage.createIfAbsent(path, wholeObject(path, 50_000));
      const readAll = (): Promise<string[]> =>
        storage.readLocally(paths, (local) => Promise.resolve(local.map((path) => writerOf(readFileSync(path)))));
      expect(await readAll()).toEqual(paths);
      expect(await Promise.all([readAll(), readAll()])).toEqual([paths, paths]);
      await expect(
        storage.readLocally(['data/none'], (local) => Promise.resolve(readFileSync(local[0] ?? ''))),
      ).rejects.toThrow();
    });

    it('reaches nothing by a path that leads out of it, and does nothing', async () => {
      const outer = emptyLake();
      const within = openStorage({ ...outer, lakeUri: `${outer.lakeUri}/inner` });
      const around = openStorage(outer);
      await around.createIfAbsent('secret', Buffer.from('not yours'));
      await within.createIfAbsent('inside', Buffer.from('ours'));
      await within.withScratchFolder(async (folder) => {
        const localPath = join(folder, 'file');
        await writeFile(localPath, 'mine');
        for (const path of LEADING_OUT) {
          const attempts: readonly (() => Promise<unknown>)[] = [
            () => Promise.resolve(within.uriOf(path)),
            () => within.read(path),
            () => within.exists(path),
            () => within.createIfAbsent(path, Buffer.of(1)),
            () => within.addFiles([{ localPath, path }]),
            () => within.replaceHint(path, Buffer.of(1)),
            () => within.linkOrCopy(path, 'stolen'),
            () => within.linkOrCopy('inside', path),
            () => within.readLocally([path], () => Promise.resolve()),
            () => listed(within, path, { deep: true }),
            () => within.remove(['inside', path]),
          ];
          for (const attempt of attempts) {
            const failure = await Promise.resolve()
              .then(attempt)
              .then(String, (error: unknown) => error);
            expect(failure, JSON.stringify(path)).toMatchObject({ code: 'INTERNAL' });
          }
        }
      });
      const left = await listed(around, 'inner', { deep: true });
      expect(left.filter((path) => !path.startsWith('inner/_'))).toEqual(['inner/inside']);
      expect((await around.read('secret'))?.toString()).toBe('not yours');
      for (const path of ['..x/a..b', 'a/...', 'a/%2e%2e/%2F', 'a/ü漢\u202e ?#']) {
        await within.createIfAbsent(path, Buffer.from(path));
        expect((await within.read(path))?.toString()).toBe(path);
        expect(await listed(within, path.slice(0, path.lastIndexOf('/')), { deep: true })).toEqual([path]);
        await within.remove([path]);
      }
    });

    it('shows nothing of what a writer had not finished when it was killed', async () => {
      const settings = emptyLake();
      const storage: Storage = openStorage(settings);
      const whole = new Set<string>();
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const writer = startWriter(settings);
        const ended = once(writer, 'exit');
        const deadline = Date.now() + WRITER_LIMIT_MS;
        // Also while it is at work, nobody may see a part.
        while (whole.size < kill * OBJECTS_BEFORE_KILL) {
          if (Date.now() > deadline || writer.exitCode !== null) throw new Error('the writer writes nothing');
          for (const path of await listed(storage, 'killed')) {
            if (whole.has(path)) continue;
            writerOf((await storage.read(path)) ?? Buffer.alloc(0));
            whole.add(path);
          }
        }
        writer.kill('SIGKILL');
        await ended;
      }
      for (const path of await listed(storage, 'killed')) writerOf((await storage.read(path)) ?? Buffer.alloc(0));
    });
  });
}

function startWriter(settings: LakeSettings): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', WRITER, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Reads an object over and over; who wrote what was seen of it. */
async function writersSeen(storage: Storage, path: string, until: AbortSignal): Promise<Set<string>> {
  const seen = new Set<string>();
  while (!until.aborted) {
    const object = await storage.read(path);
    if (object !== undefined) seen.add(writerOf(object));
  }
  return seen;
}
