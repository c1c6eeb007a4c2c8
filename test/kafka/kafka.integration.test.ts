import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { Producer, type CompressionAlgorithmValue } from '@platformatic/kafka';
import kafkajs, { type Kafka, type Producer as OtherProducer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literal } from '../../duckdb/quote.ts';
import { DuckDbSession } from '../../duckdb/session.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { readRange, type ReadOptions, type RecordChunk } from '../../kafka/range-reader.ts';
import { readSettings } from '../../settings/settings.ts';
import { AuditedTable } from '../audit/audited-table.ts';
import { deleteTopic, expire, recordOf } from '../decisions/surprising-topic.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { Brokers } from './brokers.ts';
import { describeConnections } from './connections.ts';
import { everyBroker } from './every-broker.ts';
import { failureOf } from './failure-of.ts';
import { describeFlumeLogin } from './flume-login.ts';

let brokers: Brokers;
let cluster: KafkaCluster;
let other: Kafka;
let producer: OtherProducer;
let createdWhileStarting: Promise<string>;

const never = new AbortController().signal;

beforeAll(async () => {
  brokers = await Brokers.create();
  // Asked for before any broker listens: it has to wait for them.
  createdWhileStarting = ensureTopic(brokers.settings, { topic: 'early', partitions: 3, replicationFactor: 3 });
  createdWhileStarting.catch(() => undefined);
  await brokers.start();
  cluster = new KafkaCluster(brokers.settings, 'test');
  const { NOTHING } = kafkajs.logLevel;
  other = new kafkajs.Kafka({ clientId: 'other', brokers: [...brokers.settings.brokers], logLevel: NOTHING });
  producer = other.producer();
  await producer.connect();
});

afterAll(async () => {
  await producer.disconnect();
  await cluster.close();
  await brokers.stop();
});

async function createTopic(topic: string, config: Record<string, string> = {}): Promise<string> {
  await ensureTopic(brokers.settings, { topic, partitions: 1, replicationFactor: 3, config });
  return (await cluster.describeTopic(topic)).topicId;
}

async function send(topic: string, values: readonly string[], from: Sender = producer): Promise<void> {
  const messages = values.map((value) => ({ key: 'k', value, partition: 0 }));
  await from.send({ topic, messages, acks: -1 });
}

type Sender = Pick<OtherProducer, 'send'>;

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}

interface Found {
  readonly chunks: RecordChunk[];
  readonly offsets: number[];
  readonly values: string[];
}

async function read(
  topicId: string,
  start: number,
  end: number,
  options: Partial<ReadOptions> & { from?: KafkaCluster; onChunk?: (chunk: RecordChunk) => unknown } = {},
): Promise<Found> {
  const found: Found = { chunks: [], offsets: [], values: [] };
  const range = { partition: 0, startOffset: BigInt(start), endOffset: BigInt(end) };
  for await (const chunk of readRange(options.from ?? cluster, topicId, range, { signal: never, ...options })) {
    found.chunks.push(chunk);
    chunk.forEachRecord((record) => {
      found.offsets.push(Number(record.offset));
      found.values.push(record.copyValue()?.toString() ?? 'null');
    });
    await options.onChunk?.(chunk);
  }
  return found;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`still not so: ${what}`);
    await sleep(200);
  }
}

describe('topics', () => {
  it('are created once the brokers are up, and only once', async () => {
    expect(await createdWhileStarting).toBe('created');
    const again = await ensureTopic(brokers.settings, { topic: 'early', partitions: 7, replicationFactor: 3 });
    expect(again).toBe('exists');
    const { partitions } = await cluster.describeTopic('early');
    expect(partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    expect(partitions.every(({ leader }) => leader > 0)).toBe(true);
  });

  it('are said to be unknown', async () => {
    expect(await failureOf(cluster.describeTopic('nobody-made-it'))).toMatchObject({ code: 'TOPIC_UNKNOWN' });
    expect(await failureOf(cluster.offsets('nobody-made-it'))).toMatchObject({ code: 'TOPIC_UNKNOWN' });
  });

  it('cannot be created with more replicas than there are brokers', async () => {
    const specification = { topic: 'too-many', partitions: 1, replicationFactor: 4 };
    const failure = await failureOf(ensureTopic(brokers.settings, specification, { limitMs: 1_000 }));
    expect(failure).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(failure.message).toContain('fewer than 4 brokers');
  });
});

describe('a range', () => {
  it('is exact, also in the middle of batches, whatever a fetch may bring', async () => {
    const topicId = await createTopic('exact');
    for (let from = 0; from < 1000; from += 100) await send('exact', numbers(from, from + 100));
    expect(await cluster.offsets('exact')).toEqual(new Map([[0, { earliest: 0n, lastStable: 1000n }]]));
    for (const fetchMaxBytes of [1, 3_000, 8_000_000]) {
      const { chunks, offsets, values } = await read(topicId, 137, 862, { fetchMaxBytes });
      expect(values).toEqual(numbers(137, 862));
      expect(offsets.map(String)).toEqual(values);
      expect(chunks.at(-1)?.nextOffset).toBe(862n);
      expect(chunks.reduce((rows, chunk) => rows + chunk.rowCount, 0)).toBe(725);
      expect(chunks.length === 1).toBe(fetchMaxBytes === 8_000_000);
    }
    expect((await read(topicId, 50, 50)).chunks).toEqual([]);
    expect((await read(topicId, 50, 51)).values).toEqual(['50']);
  });

  it('is read from a cluster that has not seen the topic before', async () => {
    const { topicId } = await cluster.describeTopic('exact');
    const fresh = new KafkaCluster(brokers.settings, 'fresh');
    expect((await read(topicId, 0, 3, { from: fresh })).values).toEqual(['0', '1', '2']);
    await fresh.close();
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('is read from %s batches', async (compression) => {
    const topic = `codec-${compression}`;
    const topicId = await createTopic(topic);
    const values = numbers(0, 500).map((n) => `{"n":${n},"text":"${'Grüße '.repeat(10)}"}`);
    if (compression === 'gzip') {
      const messages = values.map((value) => ({ value, partition: 0 }));
      await producer.send({ topic, messages, compression: kafkajs.CompressionTypes.GZIP });
    } else {
      await sendCompressed(topic, values, compression);
    }
    const found = await read(topicId, 3, 499);
    expect(found.values).toEqual(values.slice(3, 499));
    expect(found.chunks[0]?.batches[0]?.codec).toBe(compression);
  });
});

async function sendCompressed(topic: string, values: string[], compression: CompressionAlgorithmValue): Promise<void> {
  const compressing = new Producer({ clientId: 'c', bootstrapBrokers: [...brokers.settings.brokers], compression });
  const messages = values.map((value) => ({ topic, partition: 0, value: Buffer.from(value) }));
  await compressing.send({ messages });
  await compressing.close();
}

describe('transactions', () => {
  it('count where they committed and not where they aborted, interleaved with plain records', async () => {
    const topicId = await createTopic('transactions');
    const [one, two] = ['one', 'two'].map((transactionalId) =>
      other.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 }),
    );
    if (!one || !two) throw new Error('there are no producers');
    await Promise.all([one.connect(), two.connect()]);
    const commits = await one.transaction();
    const aborts = await two.transaction();
    await send('transactions', ['c1'], commits);
    await send('transactions', ['a1', 'a2'], aborts);
    await send('transactions', ['p1']);
    await send('transactions', ['c2'], commits);
    expect((await cluster.offsets('transactions')).get(0)?.lastStable).toBe(0n);
    await commits.commit();
    await send('transactions', ['a3'], aborts);
    await aborts.abort();
    const second = await two.transaction();
    await send('transactions', ['c3'], second);
    await second.commit();
    const open = await one.transaction();
    await send('transactions', ['open'], open);

    // c1 a1 a2 p1 c2 marker a3 marker c3 marker; a marker is written after its commit or abort was answered.
    await until('the transactions have ended', async () => {
      return (await cluster.offsets('transactions')).get(0)?.lastStable === 10n;
    });
    for (const fetchMaxBytes of [1, 8_000_000]) {
      const found = await read(topicId, 0, 10, { fetchMaxBytes });
      expect(found.values).toEqual(['c1', 'p1', 'c2', 'c3']);
      expect(found.offsets).toEqual([0, 3, 4, 8]);
      expect(found.chunks.at(-1)?.nextOffset).toBe(10n);
    }
    // From inside the aborted transaction, whose beginning this fetch does not see.
    expect((await read(topicId, 2, 9, { fetchMaxBytes: 1 })).values).toEqual(['p1', 'c2', 'c3']);
    // Nothing but a marker, and nothing but an aborted record and its marker.
    expect((await read(topicId, 9, 10)).values).toEqual([]);
    expect((await read(topicId, 6, 8)).values).toEqual([]);
    await open.abort();
    await Promise.all([one.disconnect(), two.disconnect()]);
  });
});

describe('gaps', () => {
  it('that compaction left are passed over, at the end of a range too', async () => {
    const topicId = await createTopic('compacted', {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'min.compaction.lag.ms': '0',
    });
    for (let from = 0; from < 100; from += 10) await send('compacted', numbers(from, from + 10));
    // The segment that is being written is never compacted, so the older ones have to be left behind.
    await until('old records are compacted away', async () => {
      await send('compacted', ['more']);
      return (await read(topicId, 0, 100)).values.length === 0;
    });
    const found = await read(topicId, 20, 80);
    expect(found.values).toEqual([]);
    expect(found.chunks.at(-1)?.nextOffset).toBe(80n);
  });
});

describe('offsets that are gone', () => {
  it('are reported as expired, with what is left, and never skipped', async () => {
    const topicId = await createTopic('expired');
    for (let from = 0; from < 100; from += 10) await send('expired', numbers(from, from + 10));
    await expire(cluster, 'expired', 55n);
    const failure = await failureOf(read(topicId, 40, 90));
    expect(failure).toMatchObject({
      code: 'OFFSET_EXPIRED',
      details: { topic: 'expired', partition: 0, offset: '40', earliest: '55', startOffset: '40', endOffset: '90' },
    });
    expect(failure.message).toContain('offsets 40 to 54');
    expect((await read(topicId, 55, 90)).values).toEqual(numbers(55, 90));
    expect((await cluster.offsets('expired')).get(0)).toEqual({ earliest: 55n, lastStable: 100n });
  });

  it('are reported as moved back where the partition ends before them', async () => {
    const { topicId } = await cluster.describeTopic('expired');
    expect(await failureOf(read(topicId, 150, 160))).toMatchObject({
      code: 'OFFSETS_MOVED_BACK',
      details: { offset: '150', end: '100' },
    });
  });

  it('are waited for, within a limit, where they are not stable yet', async () => {
    const { topicId } = await cluster.describeTopic('expired');
    const failure = await failureOf(read(topicId, 90, 101, { retryLimitMs: 1_500 }));
    expect(failure).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(failure.message).toContain('only offsets below 100 are stable');
  });
});

describe('a topic', () => {
  it('that is deleted is unknown, and one created again under its name is another one', async () => {
    const topicId = await createTopic('recreated');
    await send('recreated', numbers(0, 10));
    expect((await read(topicId, 0, 10)).values).toHaveLength(10);
    await deleteTopic(brokers.settings, 'recreated');
    expect(await failureOf(read(topicId, 0, 10))).toMatchObject({ code: 'TOPIC_UNKNOWN' });
    const secondId = await createTopic('recreated');
    await everyBroker(brokers.settings, 'recreated', (known) => known?.topicId === secondId);
    expect(secondId).not.toBe(topicId);
    await send('recreated', numbers(0, 10));
    const failure = await failureOf(read(topicId, 0, 10));
    expect(failure).toMatchObject({ code: 'TOPIC_RECREATED', details: { topic: 'recreated', topicId } });
    expect(failure.message).toContain(secondId);
    const fresh = new KafkaCluster(brokers.settings, 'fresh');
    expect(await failureOf(read(topicId, 0, 10, { from: fresh }))).toMatchObject({ code: 'TOPIC_RECREATED' });
    await fresh.close();
  });
});

describe('an abort', () => {
  it.each([
    ['between chunks', 0, 100],
    ['while it waits for records', 95, 101],
  ])('stops reading %s, with its reason', async (_when, start, end) => {
    const topicId = await createTopic('aborted');
    if ((await cluster.offsets('aborted')).get(0)?.lastStable === 0n) {
      for (let from = 0; from < 100; from += 10) await send('aborted', numbers(from, from + 10));
    }
    const abort = new AbortController();
    const reason = new Error('stop, please');
    let abortedMs = 0;
    const stop = (): void => {
      abortedMs = performance.now();
      abort.abort(reason);
    };
    const reading = read(topicId, start, end, {
      signal: abort.signal,
      fetchMaxBytes: 1,
      onChunk: () => (end === 100 ? stop() : setTimeout(stop, 300)),
    });
    await expect(reading).rejects.toBe(reason);
    expect(performance.now() - abortedMs).toBeLessThan(2_000);
  });
});

describe('a leader', () => {
  it('that is killed during a long read costs nothing but time', async () => {
    const topicId = await createTopic('failover');
    const padding = 'x'.repeat(500);
    for (let from = 0; from < 20_000; from += 1_000) {
      const values = numbers(from, from + 1_000).map((n) => `${n} ${padding}`);
      await send('failover', values);
    }
    const killed: number[] = [];
    const found = await read(topicId, 10, 19_990, {
      fetchMaxBytes: 100_000,
      onChunk: async () => {
        if (killed.length > 0) return;
        const leader = (await cluster.leaderOf(topicId, 0))?.leader ?? 0;
        brokers.kill(leader);
        killed.push(leader);
      },
    });
    expect(killed).toHaveLength(1);
    expect(found.chunks.length).toBeGreaterThan(5);
    expect(found.offsets).toEqual(Array.from({ length: 19_980 }, (_, index) => index + 10));
    expect(found.values.map((value) => Number(value.split(' ')[0]))).toEqual(found.offsets);
    // The killed broker too: what follows may ask it, and no other.
    for (const topic of ['early', 'failover']) {
      await everyBroker(
        brokers.settings,
        topic,
        (known) => known?.partitions.every(({ leader }) => leader > 0) ?? false,
      );
    }
    expect((await cluster.offsets('failover')).get(0)?.lastStable).toBe(20_000n);
  });
});

describeConnections(() => brokers);
describeFlumeLogin(() => brokers);

describe('a quota of the brokers', () => {
  const client = 'throttled';
  const QUOTA_BYTES_PER_SECOND = 80_000;
  /** Shorter than the brokers throttle for, once the two seconds that they count are used up. */
  const STEP_MS = 1_000;
  const RECORDS = 60;

  it('is kept to, and everything arrives once, though each attempt ends before a throttled broker answers', async () => {
    const home = temporaryFolder();
    const settings = { ...readSettings({ SLUICE_HOME: home }), kafka: brokers.settings };
    const table = await AuditedTable.create(settings, { clientId: client, topic: { partitions: 1 } });
    const { topic } = table.definition.source;
    for (let mark = 0; mark < RECORDS; mark += 10) {
      const values = numbers(mark, mark + 10).map((text) => recordOf(Number(text), { pad: 'x'.repeat(4_000) }));
      await send(topic, values);
    }
    await brokers.setReadQuota({ clientId: client }, QUOTA_BYTES_PER_SECOND);
    const opened = await table.open();
    await until('all of it is committed', async () => {
      const planned = await opened.plan(never);
      if (planned === undefined) return true;
      try {
        const seal = await opened.writeAndSeal(planned.plan, AbortSignal.timeout(STEP_MS));
        await opened.commit(seal, []);
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'TimeoutError' });
      }
      return false;
    });
    await brokers.setReadQuota({ clientId: client }, undefined);
    const files = [...opened.log.snapshot.files.keys()].map((path) => join(table.lakeFolder, table.shape.path, path));
    const rows = await DuckDbSession.once(
      `SELECT kafka_offset::INTEGER AS o FROM read_parquet([${files.map(literal).join(', ')}]) ORDER BY o`,
    );
    expect(rows.map((row) => row['o'])).toEqual(Array.from({ length: RECORDS }, (_, offset) => offset));
    await table.close();
  });
});
