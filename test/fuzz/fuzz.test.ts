import { createHash, randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { loadDefinition } from '../../definition/load.ts';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import type { KafkaCluster } from '../../kafka/cluster.ts';
import type { FetchedPartition, FetchRequest } from '../../kafka/fetch.ts';
import type { BatchPlan } from '../../plans/batch.ts';
import { buildBatch } from '../kafka/batch-builder.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { KIND_NAMES, malformedRecord } from './malformed-record.ts';

/** SLUICE_FUZZ_RECORDS=1000000 is the long form; SLUICE_FUZZ_SEED makes the same records again. */
const RECORDS = Number(process.env['SLUICE_FUZZ_RECORDS'] ?? 20_000);
const SEED = process.env['SLUICE_FUZZ_SEED'] ?? randomUUID();
const RECORDS_PER_BATCH = 20_000;
const RECORDS_PER_FETCH = 500;
const TABLES = new URL('../../tables', import.meta.url).pathname;

const nowMs = Date.now();
let fetchable: { readonly endOffset: number; readonly bytes: Buffer }[] = [];

/**
 * Stands for a broker: a million records through a real one take far longer than all that is tested here. What it answers with are record
 * batches in Kafka's own format; how they are fetched from real brokers is tested in test/kafka.
 */
vi.mock('../../kafka/fetch.ts', () => ({
  fetchPartition: (_connection: unknown, { offset }: FetchRequest): Promise<FetchedPartition> => {
    const next = fetchable.find(({ endOffset }) => endOffset > Number(offset));
    return Promise.resolve({
      errorCode: 0,
      isAnswered: true,
      lastStableOffset: BigInt(RECORDS),
      aborted: [],
      preferredReplica: -1,
      bytes: next?.bytes ?? Buffer.alloc(0),
    });
  },
}));
const { DuckDbEngine } = await import('../../engines/duckdb/duckdb-engine.ts');

const CLUSTER = {
  nameOf: () => 'server-health',
  leaderOf: () => Promise.resolve({ leader: 0, leaderEpoch: 0 }),
  readingConnection: () => Promise.resolve({}),
} as unknown as KafkaCluster;

function fill(from: number, to: number): void {
  fetchable = [];
  for (let base = from; base < to; base += RECORDS_PER_FETCH) {
    const endOffset = Math.min(to, base + RECORDS_PER_FETCH);
    const records = Array.from({ length: endOffset - base }, (_, index) => malformedRecord(SEED, base + index, nowMs));
    const bytes = buildBatch({ baseOffset: BigInt(base), records, baseTimestampMs: BigInt(nowMs) });
    fetchable.push({ endOffset, bytes });
  }
}

function planOf(ranges: BatchPlan['ranges']): BatchPlan {
  return {
    format: 1,
    sequence: 1,
    revision: 0,
    plannedAtMs: nowMs,
    topic: 'server-health',
    topicId: randomUUID(),
    ranges,
    nextOffsets: {},
    engine: 'duckdb',
    definitionHash: '',
  };
}

function hashOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : createHash('md5').update(bytes).digest('hex');
}

it(`rejects each of ${RECORDS} malformed records once, with its bytes and a reason that fits (seed ${SEED})`, async () => {
  const definition = loadDefinition(TABLES, 'server_health');
  const engine = await DuckDbEngine.open(CLUSTER);
  const kinds = new Set<string>();
  for (let from = 0; from < RECORDS; from += RECORDS_PER_BATCH) {
    const to = Math.min(RECORDS, from + RECORDS_PER_BATCH);
    fill(from, to);
    const ranges = [{ partition: 0, startOffset: String(from), endOffset: String(to) }];
    const plan = planOf(ranges);
    const { rows, rejectedFiles } = await engine.write({
      plan,
      definition,
      attempt: randomUUID().slice(0, 8),
      scratchFolder: temporaryFolder(),
      signal: new AbortController().signal,
    });
    expect(rows).toBe(0);
    const files = rejectedFiles.map(({ localPath }) => literal(localPath)).join(', ');
    const rejected = await DuckDbSession.once(
      `SELECT kafka_offset::INTEGER AS o, md5(record_key) AS k, md5(record_value) AS v, reason
       FROM read_parquet([${files}], hive_partitioning = false) ORDER BY o`,
    );
    expect(rejected.map((row) => row['o'])).toEqual(Array.from({ length: to - from }, (_, index) => from + index));
    for (const row of rejected) {
      const { kind, reasons, key, value } = malformedRecord(SEED, Number(row['o']), nowMs);
      kinds.add(kind);
      const found = { kind, key: row['k'], value: row['v'], fits: reasons.some((reason) => reason === row['reason']) };
      expect(found, String(row['reason'])).toEqual({ kind, key: hashOf(key), value: hashOf(value), fits: true });
    }
  }
  await engine.close();
  expect([...kinds].sort()).toEqual([...KIND_NAMES].sort());
}, 3_600_000);
