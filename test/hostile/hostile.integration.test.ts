import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadDefinition } from '../../definition/load.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { partitionAppId } from '../../plans/batch.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { startTestStack, type TestStack } from '../test-stack.ts';
import { waitFor } from '../wait-for.ts';
import { compareWithTopic } from './fuzz-check.ts';
import { KIND_NAMES } from './fuzzed-record.ts';
import { FuzzedTopic } from './fuzzed-topic.ts';

/** `npm run fuzz` takes a million, and others each time; SLUICE_FUZZ_SEED makes the same records again. */
const MALFORMED = Number(process.env['SLUICE_FUZZ_RECORDS'] ?? 20_000);
const SEED = process.env['SLUICE_FUZZ_SEED'] ?? (MALFORMED > 20_000 ? randomUUID() : 'fuzz');
const TABLE = 'server_health';
const LIMIT_MS = 120_000 + MALFORMED;

let test: TestStack;

beforeAll(async () => {
  test = await startTestStack({ own: ['worker'] });
});

afterAll(async () => {
  await test.stop();
});

/** Waits until the log says that every partition is committed to its end. */
async function waitUntilCommitted(topic: string, ends: readonly number[]): Promise<void> {
  const definition = loadDefinition(test.settings.tablesFolder, TABLE);
  const log = new TableLog(openStorage(test.settings), mainTable(definition).path);
  await waitFor('every record to be committed', LIMIT_MS, async () => {
    await log.refresh();
    const reached = ends.every(
      (end, partition) => log.snapshot.transactionVersion(partitionAppId(topic, String(partition))) === end,
    );
    return reached || undefined;
  });
}

it(
  `has each of ${MALFORMED} malformed records once in the rejected table, with its bytes and a reason that fits (seed ${SEED})`,
  async () => {
    const { topic } = loadDefinition(test.settings.tablesFolder, TABLE).source;
    const fuzzed = await FuzzedTopic.fill(test.settings.kafka.brokers, topic, { seed: SEED, malformed: MALFORMED });
    await waitUntilCommitted(topic, fuzzed.ends);
    const { rows, rejected, kinds, differences } = await compareWithTopic(test.settings, TABLE, fuzzed);
    expect(differences).toEqual([]);
    expect(rejected).toBeGreaterThanOrEqual(MALFORMED);
    expect(rows).toBe(rejected / 10);
    expect([...kinds].sort()).toEqual(['acceptable', ...KIND_NAMES].sort());
  },
  2 * LIMIT_MS,
);
