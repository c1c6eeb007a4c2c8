import { describe, expect, it } from 'vitest';
import { DuckDbEngine } from '../../../engines/duckdb/duckdb-engine.ts';
import type { BatchRequest } from '../../../engines/engine.ts';
import { KafkaCluster } from '../../../kafka/cluster.ts';
import type { CopiedRecord } from '../../../kafka/spool.ts';
import { ArchivedRecords } from '../../../lake/archived-records.ts';
import { temporaryFolder } from '../../temporary-folder.ts';
import { define } from '../fixture.ts';
import { recordRowsOf, rowsOf } from '../read-back.ts';

const NOW_MS = Date.parse('2026-11-23T05:00:00.123Z');
const TABLE = define('archived', { n: 'int' }, 'archive: true');
const NO_FILES = {
  readLocally: <T>(paths: readonly string[], use: (local: string[]) => Promise<T>) => use([...paths]),
};

function record(offset: number, value: string | Buffer | null, key: Buffer | null = null): CopiedRecord {
  return {
    offset: BigInt(offset),
    timestampMs: NOW_MS + offset,
    key,
    value: value === null ? null : Buffer.from(value),
  };
}

const text = (n: number | string): string =>
  JSON.stringify({ event_time: new Date(NOW_MS).toISOString(), n, emoji: 'ü😀' });
/** Rows, one that is plain and one that is not, and every kind of what is no row; offsets have gaps. */
const RECORDS: readonly CopiedRecord[] = [
  record(3, text(1), Buffer.from('key')),
  record(4, text('2').replace('"n"', ' "\\u006e" '), Buffer.alloc(0)),
  record(7, text('x'), Buffer.from([0, 255, 10])),
  record(8, null, Buffer.from('tombstone')),
  record(9, Buffer.from([0xff, 0xfe, 0x00]), null),
  record(12, '', null),
];

async function write(records: readonly CopiedRecord[], maxRows = 2) {
  const engine = new DuckDbEngine(new KafkaCluster({ brokers: [] } as never, 'unused'));
  const range = { partition: 1, startOffset: '3', endOffset: '13' };
  const request: BatchRequest = {
    plan: {
      ...{ format: 1, sequence: 1, revision: 0, plannedAtMs: 0, topic: 'archived', topicId: '', ranges: [range] },
      ...{ nextOffsets: {}, engine: 'duckdb', definitionHash: '' },
    },
    definition: TABLE,
    attempt: 'a1',
    scratchFolder: temporaryFolder(),
    signal: new AbortController().signal,
    async *held() {
      for (let from = 0; from < records.length; from += maxRows)
        yield Promise.resolve(records.slice(from, from + maxRows));
      await Promise.resolve();
    },
  };
  try {
    return await engine.write(request);
  } finally {
    await engine.close();
  }
}

describe('an archive', () => {
  it('keeps every record byte for byte, and gives back the same rows', async () => {
    const first = await write(RECORDS);
    expect(first).toMatchObject({ rows: 2, rejectedRows: 4 });
    expect(first.archiveFiles?.map(({ rows, partitionValues }) => [rows, partitionValues])).toEqual([
      [6, { dt: '2026-11-23' }],
    ]);
    const files = (first.archiveFiles ?? []).map(({ localPath, stats }) => ({ path: localPath, stats }));
    const archived = new ArchivedRecords(NO_FILES, files);
    const read: CopiedRecord[] = [];
    for await (const some of archived.read({ partition: 1, startOffset: 0n, endOffset: 100n })) read.push(...some);
    expect(read).toEqual(RECORDS);
    const second = await write(read, 100);
    expect(await rowsOf(second.files)).toEqual(await rowsOf(first.files));
    expect(await recordRowsOf(second.rejectedFiles)).toEqual(await recordRowsOf(first.rejectedFiles));
  });

  it('says which offsets it holds, and from when', async () => {
    const files = ((await write(RECORDS)).archiveFiles ?? []).map(({ localPath, stats }) => ({
      path: localPath,
      stats,
    }));
    const archived = new ArchivedRecords(NO_FILES, files);
    expect(await archived.offsets()).toEqual(new Map([[1, { earliest: 3n, lastStable: 13n }]]));
    expect(await archived.offsetsSince('', NOW_MS + 5)).toEqual(new Map([[1, 7n]]));
    expect(await archived.offsetsSince('', NOW_MS + 13)).toEqual(new Map());
    expect(await archived.recordSizeBytes({ partition: 1, startOffset: 8n, endOffset: 9n })).toBe('tombstone'.length);
    expect(await archived.recordSizeBytes({ partition: 0, startOffset: 8n, endOffset: 9n })).toBeUndefined();
    expect(await new ArchivedRecords(NO_FILES, []).offsets()).toEqual(new Map());
  });

  it('has no file where there is no record', async () => {
    expect((await write([])).archiveFiles).toEqual([]);
  });
});
