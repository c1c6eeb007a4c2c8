import { describe, expect, it } from 'vitest';
import { commitFence } from '../../lake/commit-fence.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { BACKFILL_APP_ID, rewriteAppId } from '../../plans/rewrite.ts';
import { hour, RewriteTable, ROWS_A_BATCH_FILE } from './rewrite-table.ts';

const CONFLICT = 'conflict';
const HOUR_5_ENDS_MS = Date.parse('2026-11-23T06:00:00Z');

describe('commitRewrite', () => {
  it('takes files out and brings others in with one entry, and says that compaction changes no rows', async () => {
    const table = await RewriteTable.create();
    const [first = ''] = await table.batch(5);
    const [second = ''] = await table.batch(5);
    const other = await table.batch(6);
    const rewrite = { ...table.plan('c1', 'compaction', [first, second], { 5: 20 }), tags: { 'sluice.form': 'final' } };
    expect(await table.commit(rewrite)).toEqual({ kind: 'committed', version: 4 });
    expect(table.live()).toEqual([...other, 'dt=2026-11-23/hour=5/g3-c1-a1/g3-c1-a1-0000.parquet']);
    expect(table.log.snapshot.transactionVersion(rewriteAppId('c1'))).toBe(3);
    const entry = await table.log.readEntry(4);
    const changes = entry?.actions.flatMap(({ add, remove }) => add ?? remove ?? []);
    expect(changes).toHaveLength(3);
    expect(changes?.every(({ dataChange }) => !dataChange)).toBe(true);
    expect(entry?.actions.find(({ add }) => add)?.add?.tags).toEqual({ 'sluice.form': 'final', 'sluice.version': '4' });
    expect(entry?.actions.find(({ remove }) => remove)?.remove).toMatchObject({
      path: first,
      partitionValues: hour(5),
      extendedFileMetadata: true,
    });
  });

  it('carries on how many rows had come late, through one rewrite after the other', async () => {
    const table = await RewriteTable.create();
    const tagsAfter = async (rewrite: Parameters<RewriteTable['commit']>[0]): Promise<unknown> => {
      await table.commit(rewrite);
      const { version } = table.log.snapshot;
      const added = (await table.log.readEntry(version))?.actions.find(({ add }) => add)?.add;
      const { 'sluice.version': addedAt, ...others } = added?.tags ?? {};
      expect(addedAt).toBe(String(version));
      return others;
    };
    const [first = ''] = await table.batch(5);
    const inTime = { ...table.plan('c1', 'compaction', [first], { 5: 10 }), sealAfterMs: Number.MAX_SAFE_INTEGER };
    expect(await tagsAfter(inTime)).toEqual({});
    await table.batch(5);
    const late = { ...table.plan('c2', 'compaction', table.live(), { 5: 20 }), sealAfterMs: -HOUR_5_ENDS_MS };
    expect(await tagsAfter(late)).toEqual({ 'sluice.late': '10' });
    const again = { ...table.plan('c3', 'compaction', table.live(), { 5: 20 }), tags: { a: 'b' }, sealAfterMs: 0 };
    expect(await tagsAfter(again)).toEqual({ a: 'b', 'sluice.late': '10' });
    const fewer = { ...table.plan('b1', 'backfill', table.live(), { 5: 4 }), sealAfterMs: 0 };
    expect(await tagsAfter(fewer)).toEqual({ 'sluice.late': '4' });
  });

  it.each(['backfill', 'retention'] as const)('says that a %s changes rows', async (kind) => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    await table.commit(table.plan('r1', kind, taken, {}));
    expect((await table.log.readEntry(2))?.actions.find(({ remove }) => remove)?.remove?.dataChange).toBe(true);
    expect(table.live()).toEqual([]);
  });

  it('is done once, however often and by however many it is committed', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrite = table.plan('c1', 'compaction', taken, { 5: ROWS_A_BATCH_FILE });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => table.commit(rewrite)));
    expect(outcomes.every(({ kind }) => kind === 'committed')).toBe(true);
    expect(outcomes.filter((outcome) => outcome.kind === 'committed' && outcome.version === 2)).toHaveLength(1);
    expect(table.log.snapshot.version).toBe(2);
  });

  it('is still done once after what it brought in has been taken out again', async () => {
    const table = await RewriteTable.create();
    const rewrite = table.plan('f1', 'backfill', [], { 5: 3 }, [5]);
    await table.commit(rewrite);
    await table.commit(table.plan('x1', 'retention', table.live(), {}));
    expect(await table.commit(rewrite)).toEqual({ kind: 'committed', version: undefined });
    expect(table.live()).toEqual([]);
  });

  it('lets batches come in beside it, to its own partitions too', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrite = table.plan('c1', 'compaction', taken, { 5: ROWS_A_BATCH_FILE });
    const late = await table.batch(5, 6);
    expect(await table.commit(rewrite)).toMatchObject({ kind: 'committed' });
    expect(table.live()).toEqual([...late, ...rewrite.files.map(({ path }) => path)].sort());
  });
});

describe('a rewrite is given up, and changes nothing, where', () => {
  async function expectConflict(prepare: (table: RewriteTable) => Promise<Parameters<RewriteTable['commit']>[0]>) {
    const table = await RewriteTable.create();
    const rewrite = await prepare(table);
    const version = table.log.snapshot.version;
    const outcome = await table.commit(rewrite);
    expect(outcome.kind).toBe(CONFLICT);
    expect(table.log.snapshot.version).toBe(version);
    return outcome.kind === 'conflict' ? outcome.reason : '';
  }

  it('a file that it takes has been taken by another', async () => {
    const reason = await expectConflict(async (table) => {
      const taken = await table.batch(5);
      const late = table.plan('c1', 'compaction', taken, { 5: 10 });
      await table.compact('c2', 5, taken);
      return late;
    });
    expect(reason).toContain('not live any more');
  });

  it('another rewrite of its partition was committed, though of other files', async () => {
    const reason = await expectConflict(async (table) => {
      const one = await table.batch(5);
      const other = await table.batch(5);
      const late = table.plan('c1', 'compaction', one, { 5: 10 });
      await table.compact('c2', 5, other);
      return late;
    });
    expect(reason).toContain('has been added after version');
  });

  it('another rewrite of a partition that it only adds to was committed', async () => {
    await expectConflict(async (table) => {
      const [from = '', to = ''] = await table.batch(5, 6);
      const late = table.plan('f1', 'backfill', [from], { 6: 10 }, [6]);
      await table.compact('c2', 6, [to]);
      return late;
    });
  });

  it('a fence was set after its base', async () => {
    const reason = await expectConflict(async (table) => {
      const taken = await table.batch(5);
      const late = table.plan('c1', 'compaction', taken, { 5: 10 });
      await commitFence(table.log);
      return late;
    });
    expect(reason).toContain('a vacuum has begun');
  });

  it('another backfill was committed since, though of other partitions', async () => {
    const reason = await expectConflict(async (table) => {
      const [one = '', other = ''] = await table.batch(5, 6);
      const late = table.plan('f1', 'backfill', [one], { 5: 10 });
      await table.commit(table.plan('f2', 'backfill', [other], { 6: 10 }));
      return late;
    });
    expect(reason).toContain('another backfill');
  });

  it('the rule is checked again each time that it lost a version', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrites = Array.from({ length: 6 }, (_, index) =>
      table.plan(`c${index}`, 'compaction', taken, { 5: ROWS_A_BATCH_FILE }),
    );
    const outcomes = await Promise.all(rewrites.map((rewrite) => table.commit(rewrite)));
    expect(outcomes.filter(({ kind }) => kind === 'committed')).toHaveLength(1);
    expect(table.live()).toHaveLength(1);
  });
});

describe('a rewrite goes on where', () => {
  it('another rewrite was committed in another partition, and a backfill though it is none itself', async () => {
    const table = await RewriteTable.create();
    const [one = '', other = ''] = await table.batch(5, 6);
    const rewrite = table.plan('c1', 'compaction', [one], { 5: 10 });
    await table.commit(table.plan('f2', 'backfill', [other], { 6: 10 }));
    expect(table.log.snapshot.transactionVersion(BACKFILL_APP_ID)).toBe(2);
    expect((await table.commit(rewrite)).kind).toBe('committed');
  });

  it('the fence is its very base, and so came before it', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    expect((await commitFence(table.log)).version).toBe(2);
    expect((await table.commit(table.plan('c1', 'compaction', taken, { 5: 10 }))).kind).toBe('committed');
  });

  it('it takes all files as of its base and adds none, though others have come since', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrite = table.plan('r1', 'retention', taken, {});
    const late = await table.batch(5);
    expect((await table.commit(rewrite)).kind).toBe('committed');
    expect(table.live()).toEqual(late);
  });

  it('an older rewrite’s file of its partition stays', async () => {
    const table = await RewriteTable.create();
    const kept = await table.compact('c1', 5, await table.batch(5));
    const taken = await table.batch(5);
    await table.compact('c2', 5, taken);
    expect(table.live()).toContain(kept);
    expect(table.live()).toHaveLength(2);
  });
});

describe('a rewrite is refused as a defect where it', () => {
  it('takes some files of a partition and adds none there', async () => {
    const table = await RewriteTable.create();
    const [taken = ''] = await table.batch(5);
    await table.batch(5);
    await expect(table.commit(table.plan('r1', 'retention', [taken], {}))).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await table.commit(table.plan('r2', 'retention', [taken], { 5: 0 }))).kind).toBe('committed');
  });

  it('adds a file under a name that is not its own', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrite = table.plan('c1', 'compaction', taken, { 5: 10 });
    for (const path of [
      'data/b0000000009-0-0-a1-0.parquet',
      'dt=2026-11-23/hour=5/g1-c2-a1/x.parquet',
      'dt=2026-11-23/hour=5/g9-c1-a1/x.parquet',
      'dt=2026-11-23/hour=6/g1-c1-a1/x.parquet',
    ]) {
      const files = rewrite.files.map((file) => ({ ...file, path }));
      await expect(table.commit({ ...rewrite, files })).rejects.toMatchObject({ code: 'INTERNAL' });
    }
  });

  it('is a compaction and does not keep the number of rows', async () => {
    const table = await RewriteTable.create();
    const taken = await table.batch(5);
    const rewrite = table.plan('c1', 'compaction', taken, { 5: ROWS_A_BATCH_FILE - 1 });
    await expect(table.commit(rewrite)).rejects.toMatchObject({ code: 'COUNT_MISMATCH' });
    expect(table.live()).toEqual(taken);
  });
});

describe('commitFence', () => {
  it('takes a version of its own among other writers, and the highest fence counts', async () => {
    const table = await RewriteTable.create();
    await table.batch(5);
    const logs = Array.from({ length: 4 }, () => new TableLog(table.storage, 'table'));
    const versions = await Promise.all(logs.map(async (log) => (await commitFence(log)).version));
    expect(versions.sort()).toEqual([2, 3, 4, 5]);
    await table.log.refresh();
    expect(table.log.snapshot.transactionVersion('sluice/fence')).toBe(5);
  });
});
