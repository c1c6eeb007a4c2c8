import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commitBatch } from '../../lake/commit-batch.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { FileStorage } from '../../lake/storage/file/file-storage.ts';
import { BatchFiles } from '../../lake/batch-files.ts';
import { type BatchPlan, type BatchSeal, partitionAppId } from '../../plans/batch.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const file = (path: string) => ({
  path,
  partitionValues: { dt: '2026-11-24' },
  sizeBytes: 1,
  rows: 1,
  stats: '{"numRecords":1}',
});

const seal = (sequence: number, attempt = 'a'): BatchSeal => ({
  format: 1,
  sequence,
  revision: 0,
  attempt,
  sealedAtMs: 1,
  topic: 't',
  nextOffsets: { 0: String(sequence * 10), 1: '0' },
  rows: 1,
  files: [file(`data/b${sequence}-${attempt}.parquet`)],
  rejectedRows: 1,
  rejectedFiles: [file(`data/r${sequence}-${attempt}.parquet`)],
  unknownFields: {},
});

const plan = (sequence: number, endOffset: string): BatchPlan => ({
  format: 1,
  sequence,
  revision: 0,
  plannedAtMs: 1,
  topic: 't',
  topicId: 'id',
  ranges: [{ partition: 0, startOffset: '0', endOffset }],
  nextOffsets: { 0: endOffset },
  engine: 'duckdb',
  definitionHash: 'h',
});

function open() {
  const storage = new FileStorage(pathToFileURL(temporaryFolder()).href);
  return {
    log: () => new TableLog(storage, 'table'),
    rejectedLog: () => new TableLog(storage, 'table_rejected'),
    archiveLog: () => new TableLog(storage, 'table_archive'),
    files: () => new BatchFiles(storage, 'table'),
  };
}

/** A log that a worker dies before it can write. */
function unwritable(log: TableLog): TableLog {
  log.create = () => Promise.reject(new Error('killed'));
  return log;
}

describe('commitBatch', () => {
  it('archives a batch in a log of its own, once and before the table says that it has it', async () => {
    const { log, rejectedLog, archiveLog } = open();
    const archived = { ...seal(1), archiveFiles: [file('data/k1-a.parquet')] };
    await commitBatch(unwritable(log()), rejectedLog(), archived, [], archiveLog()).catch(() => undefined);
    const main = log();
    const archive = archiveLog();
    // As where a worker died between the two entries.
    await archive.refresh();
    expect([...archive.snapshot.files.keys()]).toEqual(['data/k1-a.parquet']);
    await main.refresh();
    expect(main.snapshot.version).toBe(-1);
    expect(await commitBatch(main, rejectedLog(), archived, [], archive)).toBe(0);
    expect(await commitBatch(log(), rejectedLog(), archived, [], archiveLog())).toBeUndefined();
    await archive.refresh();
    expect(archive.snapshot.version).toBe(0);
    const unarchived = await commitBatch(main, rejectedLog(), seal(2), [], archive);
    expect([unarchived, archive.snapshot.version]).toEqual([1, 0]);
  });

  it('adds files and offsets in one entry of each log', async () => {
    const { log, rejectedLog } = open();
    const main = log();
    const rejected = rejectedLog();
    expect(await commitBatch(main, rejected, seal(1), [])).toBe(0);
    expect([...main.snapshot.files.keys()]).toEqual(['data/b1-a.parquet']);
    expect([...rejected.snapshot.files.keys()]).toEqual(['data/r1-a.parquet']);
    expect(main.snapshot.transactionVersion(partitionAppId('t', 0))).toBe(10);
  });

  it('changes nothing the second time, whoever does it', async () => {
    const { log, rejectedLog } = open();
    await commitBatch(log(), rejectedLog(), seal(1), []);
    await commitBatch(log(), rejectedLog(), seal(2), []);
    const late = log();
    expect(await commitBatch(late, rejectedLog(), seal(1), [])).toBeUndefined();
    expect(late.snapshot.version).toBe(1);
  });

  it('commits a batch once, of writers that all believe to be alone', async () => {
    const { log, rejectedLog } = open();
    const writers = Array.from({ length: 8 }, () => commitBatch(log(), rejectedLog(), seal(1), []));
    const versions = (await Promise.all(writers)).filter((version) => version !== undefined);
    expect(versions).toEqual([0]);
    const rejected = rejectedLog();
    await rejected.refresh();
    expect(rejected.snapshot.version).toBe(0);
  });

  it('takes nothing from a late writer whose seal differs, since the first one has been vacuumed', async () => {
    const { log, rejectedLog } = open();
    const rejected = rejectedLog();
    await commitBatch(log(), rejected, { ...seal(1), rejectedFiles: [] }, []);
    expect(await commitBatch(log(), rejected, seal(1, 'late'), [])).toBeUndefined();
    await rejected.refresh();
    expect(rejected.snapshot.version).toBe(-1);
  });

  it('goes on where only the rejected rows had been committed', async () => {
    const { log, rejectedLog } = open();
    const crashed = rejectedLog();
    await commitBatch(log(), crashed, { ...seal(1), files: [] }, []);
    const main = log();
    await commitBatch(main, rejectedLog(), seal(2), []);
    expect(main.snapshot.version).toBe(1);
  });
});

describe('BatchFiles', () => {
  it('keeps the first plan and the first seal', async () => {
    const { files } = open();
    const first = await files().createPlan(plan(1, '10'));
    expect(await files().createPlan(plan(1, '20'))).toEqual(first);
    expect(await files().readPlan(1)).toEqual(first);
    const sealed = await files().createSeal(seal(1, 'first'));
    expect(await files().createSeal(seal(1, 'zombie'))).toEqual(sealed);
    expect((await files().readSeal(1))?.attempt).toBe('first');
  });

  it('finds the newest revision', async () => {
    const { files } = open();
    await files().createPlan(plan(1, '10'));
    await files().createPlan({ ...plan(1, '5'), revision: 1 });
    expect(await files().readPlan(1)).toMatchObject({ revision: 1, nextOffsets: { 0: '5' } });
    expect(await files().readPlan(2)).toBeUndefined();
  });

  it('knows the revision that decided a batch: the sealed one, though a newer one is there', async () => {
    const { files } = open();
    await files().createPlan(plan(1, '10'));
    await files().createPlan({ ...plan(1, '5'), revision: 1 });
    expect(await files().readDecidedPlan(1)).toMatchObject({ revision: 1 });
    await files().createSeal(seal(1));
    expect(await files().readDecidedPlan(1)).toMatchObject({ revision: 0, nextOffsets: { 0: '10' } });
  });
});
