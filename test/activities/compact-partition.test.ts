import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { onTestFinished, describe, expect, it } from 'vitest';
import { compactPartition, type CompactionParts } from '../../activities/compact-partition.ts';
import { SYSTEM_CLOCK } from '../../clock/clock.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { DuckDbRewriter } from '../../engines/duckdb/duckdb-rewriter.ts';
import { SluiceError } from '../../errors/sluice-error.ts';
import { HiveMetastore } from '../../lake/hive/metastore.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import type { Storage } from '../../lake/storage/storage.ts';
import { FORM_TAG } from '../../plans/compaction.ts';
import { readSettings } from '../../settings/settings.ts';
import { TableWriter } from '../dashboard/table-writer.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const TABLES = new URL('../../tables', import.meta.url).pathname;
const HOUR_STARTS = Date.parse('2026-11-23T05:00:00Z');
const PARTITION = { table: 'server_health', target: 'server_health', partition: 'dt=2026-11-23/hour=5' };
const NEVER = new AbortController().signal;
/** Where nothing listens: a metastore that is away. */
const NOWHERE = { endpoints: [{ host: '127.0.0.1', port: 1 }] };

interface Bench {
  readonly storage: Storage;
  readonly parts: CompactionParts;
  readonly writer: TableWriter;
  /** Every row's position, by what is live. */
  readonly positions: () => Promise<string[]>;
}

async function open(files: number): Promise<Bench> {
  const lakeUri = pathToFileURL(temporaryFolder()).href;
  const storage = openStorage(readSettings({ SLUICE_LAKE: lakeUri }));
  const writer = await TableWriter.open(lakeUri, 5);
  onTestFinished(() => writer.close());
  for (let second = 0; second < files; second += 1) {
    await writer.write({ fromMs: HOUR_STARTS + second * 1000, toMs: HOUR_STARTS + second * 1000 });
  }
  const parts = {
    storage,
    metastore: new HiveMetastore(NOWHERE),
    rewriter: new DuckDbRewriter(),
    tablesFolder: TABLES,
    clock: SYSTEM_CLOCK,
    attemptName: () => randomUUID().slice(0, 8),
  };
  const positions = async (): Promise<string[]> => {
    await writer.log.refresh();
    const paths = [...writer.log.snapshot.files.keys()].map((path) => `health/server_health/${decodeURI(path)}`);
    return storage.readLocally(paths, async (local) => {
      const rows = await DuckDbSession.once(
        `SELECT concat(kafka_partition, '/', kafka_offset) AS place
         FROM read_parquet([${local.map(literal).join(', ')}], hive_partitioning = false) ORDER BY place`,
      );
      return rows.map((row) => String(row['place']));
    });
  };
  return { storage, parts, writer, positions };
}

async function everythingIn(storage: Storage): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of storage.list('health/server_health', { deep: true })) paths.push(path);
  return paths;
}

describe('compactPartition', () => {
  it('makes one final file of an hour that has ended, with every row once, and then has nothing to do', async () => {
    const { parts, writer, positions } = await open(6);
    const before = await positions();
    const outcome = await compactPartition(parts, PARTITION, NEVER);
    expect(outcome).toMatchObject({ kind: 'rewritten', rows: 30, filesBefore: 6, filesAfter: 1 });
    expect(outcome.kind === 'rewritten' && outcome.publicationFailure).toContain('metastore');
    expect(await positions()).toEqual(before);
    expect(before).toHaveLength(30);
    const [file] = [...writer.log.snapshot.files.values()];
    expect(file?.tags?.[FORM_TAG]).toBe('final');
    expect(file?.path).toMatch(/^dt=2026-11-23\/hour=5\/g6-c[0-9a-f]{8}-[0-9a-f]{8}\//);
    expect(await compactPartition(parts, PARTITION, NEVER)).toEqual({ kind: 'nothing to do' });
  });

  it('is committed once where two workers do the same', async () => {
    const { parts, positions } = await open(4);
    const before = await positions();
    const outcomes = await Promise.all([0, 1, 2].map(() => compactPartition(parts, PARTITION, NEVER)));
    expect(outcomes.filter(({ kind }) => kind === 'rewritten')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'conflict')).toHaveLength(2);
    expect(await positions()).toEqual(before);
  });

  it('leaves nothing visible where it fails or is stopped after its files were written', async () => {
    const { parts, writer, storage, positions } = await open(4);
    const before = await positions();
    const failing: CompactionParts = {
      ...parts,
      rewriter: {
        async rewrite(request) {
          await parts.rewriter.rewrite(request);
          throw new SluiceError('COUNT_MISMATCH', 'a checksum differs');
        },
      },
    };
    await expect(compactPartition(failing, PARTITION, NEVER)).rejects.toMatchObject({ code: 'COUNT_MISMATCH' });
    await expect(compactPartition(parts, PARTITION, AbortSignal.abort())).rejects.toThrow();
    const { version } = writer.log.snapshot;
    await writer.log.refresh();
    expect(writer.log.snapshot.version).toBe(version);
    expect((await everythingIn(storage)).filter((path) => path.includes('/g'))).toEqual([]);
    expect(await positions()).toEqual(before);
    expect((await compactPartition(parts, PARTITION, NEVER)).kind).toBe('rewritten');
  });

  it('has the engine sort that is asked for, and DuckDB where none is', async () => {
    const { parts } = await open(4);
    const asked: (string | undefined)[] = [];
    const noting: CompactionParts = {
      ...parts,
      rewriter: {
        rewrite(request) {
          asked.push(request.engine);
          throw new SluiceError('ENGINE_FAILED', 'only asked');
        },
      },
    };
    for (const engine of [{}, { engine: 'spark' } as const]) {
      await expect(compactPartition(noting, { ...PARTITION, ...engine }, NEVER)).rejects.toThrow('only asked');
    }
    expect(asked).toEqual(['duckdb', 'spark']);
  });

  it('knows only the tables of a definition', async () => {
    const { parts } = await open(1);
    const other = { ...PARTITION, target: 'somebody_elses' };
    await expect(compactPartition(parts, other, NEVER)).rejects.toMatchObject({ code: 'TABLE_UNKNOWN' });
    const rejected = { ...PARTITION, target: 'server_health_rejected' };
    expect(await compactPartition(parts, rejected, NEVER)).toEqual({ kind: 'nothing to do' });
  });
});
