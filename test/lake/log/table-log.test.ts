import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK } from '../../../clock/clock.ts';
import type { Action } from '../../../lake/log/actions.ts';
import { CHECKPOINT_EVERY_COMMITS, TableLog, TIP_TRUSTED_MS } from '../../../lake/log/table-log.ts';
import { FileStorage } from '../../../lake/storage/file/file-storage.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const METADATA: Action = {
  metaData: {
    id: randomUUID(),
    format: { provider: 'parquet', options: {} },
    schemaString: '{"type":"struct","fields":[]}',
    partitionColumns: ['dt'],
    configuration: { 'sluice.topic': 't' },
  },
};
const add = (path: string, rows = 1): Action => ({
  add: {
    path,
    partitionValues: { dt: '2026-11-24' },
    size: 10,
    modificationTime: 1,
    dataChange: true,
    stats: JSON.stringify({ numRecords: rows }),
  },
});
const txn = (version: number): Action => ({ txn: { appId: 'sluice/t/0', version } });

function open(checkpointEveryCommits = CHECKPOINT_EVERY_COMMITS) {
  const folder = temporaryFolder();
  const storage = new FileStorage(pathToFileURL(folder).href);
  return { log: () => new TableLog(storage, 'table', { checkpointEveryCommits }), folder, storage };
}

function entryPath(folder: string, version: number): string {
  return join(folder, 'table/_delta_log', `${String(version).padStart(20, '0')}.json`);
}

describe('TableLog', () => {
  it('is followed entry by entry', async () => {
    const { log } = open();
    const writer = log();
    const reader = log();
    expect(await reader.refresh()).toEqual([]);
    await writer.create([METADATA, add('a')]);
    await writer.create([add('b'), txn(7)]);
    expect((await reader.refresh()).map((entry) => entry.version)).toEqual([0, 1]);
    expect([...reader.snapshot.files.keys()]).toEqual(['a', 'b']);
    expect(reader.snapshot.transactionVersion('sluice/t/0')).toBe(7);
    expect(await reader.refresh()).toEqual([]);
  });

  it('gives a version to one writer, and the other has to look again', async () => {
    const { log } = open();
    const one = log();
    const other = log();
    expect(await Promise.all([one.create([add('one')]), other.create([add('other')])])).toContain(false);
    const loser = one.snapshot.version < 0 ? one : other;
    expect(await loser.refresh()).toHaveLength(1);
    expect(await loser.create([add('late')])).toBe(true);
    expect(loser.snapshot.version).toBe(1);
  });

  it.each([
    '../../secret.parquet',
    'dt=1/%2e%2e/%2e%2e/x',
    '/etc/passwd',
    'file:///etc/passwd',
    's3://other/x',
    '..%5Cx',
    'a%00b',
    '',
  ])('is refused where it names %j, which another writer or another hand has put there', async (path) => {
    const removed: Action = { remove: { path, deletionTimestamp: 5, dataChange: true } };
    for (const action of [add(path), removed]) {
      const { log, folder } = open(1);
      const writer = log();
      await writer.create([{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, METADATA]);
      await writer.create([action]);
      const refused = {
        code: 'LOG_CORRUPT',
        message: expect.stringContaining('no file within the table’s folder') as string,
      };
      await expect(log().refresh()).rejects.toMatchObject(refused);
      expect(await writer.checkpointIfDue()).toBe(true);
      for (const version of [0, 1]) rmSync(entryPath(folder, version));
      await expect(log().refresh()).rejects.toMatchObject(refused);
    }
  });

  it('starts from a checkpoint, without the entries before it', async () => {
    const { log, folder } = open();
    const writer = log();
    await writer.create([{ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, METADATA]);
    for (let version = 1; version <= CHECKPOINT_EVERY_COMMITS; version += 1) {
      await writer.create([add(`f${version}`, version), txn(version)]);
    }
    expect(await writer.checkpointIfDue()).toBe(true);
    expect(await writer.checkpointIfDue()).toBe(false);
    await writer.create([{ remove: { path: 'f1', deletionTimestamp: 5, dataChange: true } }]);
    for (let version = 0; version < CHECKPOINT_EVERY_COMMITS; version += 1) {
      rmSync(join(folder, 'table/_delta_log', `${String(version).padStart(20, '0')}.json`));
    }
    const reader = log();
    await reader.refresh();
    expect(reader.snapshot.version).toBe(CHECKPOINT_EVERY_COMMITS + 1);
    expect(reader.snapshot.metaData).toEqual(METADATA.metaData);
    expect(reader.snapshot.files.get('f2')).toEqual({ ...add('f2', 2).add, dataChange: false });
    expect([...reader.snapshot.files.keys()].sort()).toEqual([...writer.snapshot.files.keys()].sort());
    expect(reader.snapshot.transactions).toEqual(writer.snapshot.transactions);
  });

  it('writes a checkpoint once, of writers that come to its version together', async () => {
    const { log } = open();
    const writers = [log(), log(), log()];
    await writers[0]?.create([METADATA]);
    for (let version = 1; version <= CHECKPOINT_EVERY_COMMITS; version += 1) await writers[0]?.create([txn(version)]);
    await Promise.all(writers.map((writer) => writer.refresh()));
    const wrote = await Promise.all(writers.map((writer) => writer.checkpointIfDue()));
    expect(wrote.filter(Boolean)).toHaveLength(1);
  });

  it('does not go on from a tip that has been cleaned up', async () => {
    const { log, folder } = open();
    const sleeper = log();
    await sleeper.create([add('a')]);
    rmSync(join(folder, 'table/_delta_log/00000000000000000000.json'));
    await expect(sleeper.create([add('b')])).rejects.toMatchObject({ code: 'LOG_MOVED_ON' });
  });

  it('starts from the newest checkpoint where a late hint names one that the log has left behind', async () => {
    const { log, folder } = open(2);
    const writer = log();
    await writer.create([METADATA]);
    for (let version = 1; version <= 5; version += 1) {
      await writer.create([add(`f${version}`)]);
      await writer.checkpointIfDue();
    }
    const hint = join(folder, 'table/_delta_log/_last_checkpoint');
    for (const lost of [{ version: 2 }, { version: 100 }, undefined]) {
      if (lost === undefined) rmSync(hint);
      else writeFileSync(hint, JSON.stringify(lost));
      for (const version of [0, 1, 2, 3]) rmSync(entryPath(folder, version), { force: true });
      const reader = log();
      await reader.refresh();
      expect(reader.snapshot.version).toBe(5);
      expect(reader.snapshot.files.size).toBe(5);
    }
  });

  it('sees that it has slept past a clean-up, reading or writing, and in the middle of a write', async () => {
    let nowMs = 0;
    const clock = { ...SYSTEM_CLOCK, nowMs: () => nowMs, elapsedMs: () => nowMs };
    const { storage, folder } = open();
    const sleepers = [1, 2].map(() => new TableLog(storage, 'table', { clock }));
    const [reader, writer] = sleepers;
    await writer?.create([METADATA]);
    await reader?.refresh();
    rmSync(entryPath(folder, 0));
    nowMs += TIP_TRUSTED_MS;
    await expect(reader?.refresh()).rejects.toMatchObject({ code: 'LOG_MOVED_ON' });
    await expect(writer?.create([add('a')])).rejects.toMatchObject({ code: 'LOG_MOVED_ON' });
    // Stands for a process that stops between its look and its write, which no real one can be made to do.
    class CleanedMeanwhile extends FileStorage {
      override async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
        if (path.endsWith('1.json')) rmSync(entryPath(folder, 0));
        return super.createIfAbsent(path, bytes);
      }
    }
    const between = new TableLog(new CleanedMeanwhile(pathToFileURL(folder).href), 'table');
    await between.create([METADATA]);
    await expect(between.create([add('b')])).rejects.toMatchObject({ code: 'LOG_MOVED_ON' });
  });

  it('refuses an entry that it cannot read, and a newer protocol', async () => {
    const { log, folder } = open();
    const entry = join(folder, 'table/_delta_log/00000000000000000000.json');
    await log().create([add('a')]);
    writeFileSync(entry, '{"protocol":{"minReaderVersion":3,"minWriterVersion":7}}');
    await expect(log().refresh()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
    writeFileSync(entry, '{"add": cut o');
    await expect(log().refresh()).rejects.toMatchObject({ code: 'LOG_CORRUPT' });
  });
});
