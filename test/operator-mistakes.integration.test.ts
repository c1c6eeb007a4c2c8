import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StatusReport } from '../cli/status.ts';
import { ensureTopic } from '../kafka/admin.ts';
import type { IngestStatus } from '../workflows/ingest-protocol.ts';
import { sluice } from './cli/command.ts';
import { healthRecord } from './health-records.ts';
import { Brokers, PASSWORD } from './kafka/brokers.ts';
import { compareTables, NO_DIFFERENCES, TABLE, waitUntilCommitted } from './table-check.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { TopicWriter } from './topic-writer.ts';
import { waitFor } from './wait-for.ts';

const TOPIC = 'server-health';
const WRONG_PASSWORD = 'not the password that the brokers know';
/** The longest pause between two tries, the 10 s that the metastore has for an answer here, and a busy machine. */
const STATE_LIMIT_MS = 150_000;

let brokers: Brokers;
let test: TestStack;
let writer: TopicWriter;
let mark = 0;

beforeAll(async () => {
  brokers = await Brokers.create();
  await brokers.start();
  await brokers.addScramUser(PASSWORD);
  test = await startTestStack({
    own: ['worker'],
    environment: {
      HIVE_METASTORE_TIMEOUT_S: '10',
      ...brokers.loginEnvironment,
      KAFKA_SASL_PASSWORD: WRONG_PASSWORD,
    },
  });
});

afterAll(async () => {
  await writer.close();
  await test.stop();
  await brokers.stop();
});

/** Waits until `sluice status` shows the table in this state, for a reason that says all of this. */
async function statusBecomes(state: IngestStatus['state'], ...words: readonly string[]): Promise<StatusReport> {
  let last = '';
  return waitFor(`${TABLE} to be ${state} for "${words.join('", "')}"`, STATE_LIMIT_MS, async () => {
    const { output } = await sluice(test.environment, ['status', '--json']);
    const report = JSON.parse(output) as StatusReport;
    const found = [...report.tables, ...report.definitionFailures].find(({ table }) => table === TABLE)?.ingest;
    if (found && found.reason !== last) process.stderr.write(`  ${found.state}: ${(last = found.reason)}\n`);
    return found?.state === state && words.every((word) => found.reason.includes(word)) ? report : undefined;
  });
}

/** What is written meanwhile must all be there in the end, each record once. */
async function writeRecords(count: number): Promise<void> {
  const records = Array.from({ length: count }, () => {
    mark += 1;
    return healthRecord(mark, mark % 20 === 1);
  });
  await writer.write(mark % 3, records);
}

async function everythingArrives(): Promise<void> {
  await statusBecomes('Running');
  await waitUntilCommitted(test.settings, writer.written, STATE_LIMIT_MS);
  expect(await compareTables(test.settings, writer.written)).toEqual(NO_DIFFERENCES);
}

it('says that the brokers refuse the log-in, without telling the password, and goes on once they know it', async () => {
  const report = await statusBecomes('Degraded', 'refused the log-in', 'KAFKA_SASL_PASSWORD', 'Attempt');
  expect(JSON.stringify(report)).not.toContain(WRONG_PASSWORD);
  await brokers.addScramUser(WRONG_PASSWORD);
});

it('names a topic that there is none of, and goes on once there is', async () => {
  await statusBecomes('Degraded', `"${TOPIC}"`, 'Attempt');
  await ensureTopic(brokers.settings, { topic: TOPIC, partitions: 3, replicationFactor: 3 });
  writer = await TopicWriter.open(brokers.settings.brokers, TOPIC);
  await writeRecords(200);
  await everythingArrives();
});

it('names file and line of a wrong definition, and goes on once it is right', async () => {
  const file = join(test.settings.tablesFolder, `${TABLE}.yaml`);
  const right = readFileSync(file, 'utf8');
  const lines = right.split('\n');
  const line = lines.findIndex((text) => text.includes('name: cores'));
  writeFileSync(file, lines.with(line, '  - { name: cores, type: number }').join('\n'));
  await statusBecomes('Degraded', `${TABLE}.yaml:${line + 1}`, '"number"', 'Attempt');
  await writeRecords(200);
  writeFileSync(file, right);
  await everythingArrives();
});

it('says that the lake can’t be reached, and where it should be, and goes on once it is back', async () => {
  const lake = fileURLToPath(test.settings.lakeUri);
  renameSync(lake, `${lake}.away`);
  writeFileSync(lake, 'a file in the place of the lake');
  await writeRecords(200);
  await statusBecomes('Degraded', 'The lake', lake, 'Attempt');
  rmSync(lake);
  renameSync(`${lake}.away`, lake);
  await everythingArrives();
});

it('commits while the metastore does not answer, says that Hive lags behind, and publishes once it does', async () => {
  const metastore = test.stack.component('metastore');
  metastore.kill('SIGSTOP');
  await writeRecords(200);
  await waitUntilCommitted(test.settings, writer.written, STATE_LIMIT_MS);
  await statusBecomes('Degraded', 'Hive lags behind', 'HIVE_METASTORE_URIS');
  metastore.kill('SIGCONT');
  await everythingArrives();
});

it('names brokers that don’t answer, and goes on once they do', async () => {
  brokers.freeze();
  await statusBecomes('Degraded', brokers.loginBrokers[0] ?? '', 'KAFKA_BROKERS', 'Attempt');
  brokers.thaw();
  await writeRecords(200);
  await everythingArrives();
});
