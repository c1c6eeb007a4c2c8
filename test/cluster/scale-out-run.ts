import { equal, ok } from 'node:assert/strict';
import { loadDefinition } from '../../definition/load.ts';
import { TableLog } from '../../lake/log/table-log.ts';
import { openStorage } from '../../lake/storage/open-storage.ts';
import { sequenceAppId } from '../../plans/batch.ts';
import { mainTable } from '../../plans/table-shape.ts';
import { TableUnderLoad } from '../faults/table-under-load.ts';
import { healthRecord } from '../health-records.ts';
import { BUCKET, ENVIRONMENT, LocalS3 } from '../lake/storage/s3/local-s3.ts';
import { TABLE } from '../table-check.ts';
import { Machine } from './machine.ts';
import { MachineNetwork } from './machine-network.ts';
import { type ScaleOutResult, writeScaleOut } from './scale-out-result.ts';

const RECORDS = 240_000;
const RECORDS_PER_SEND = 2_000;
const BAD_EVERY = 100;
const PARTITIONS = 3;
const SHARDS = 16;
/** Of a part: all that waits is one batch of so many parts. */
const MAX_ROWS = 20_000;
/** Beyond those of the load. */
const FIRST_MARK = 1_000_000;
const STRIKE_LIMIT_MS = 120_000;
/** What each machine said last, to be shown where the run fails. */
const LAST_LINES = 20;
/** Stands still as it is about to add the files of a part to the lake, heartbeats and all, until it is killed. */
const STANDS_IN_A_PART = 'write:after:hang:600000';

/** One batch of many parts, three machines that share them, one of which dies in the middle. */
async function main(): Promise<void> {
  const network = new MachineNetwork();
  const s3 = await LocalS3.start();
  const environment = { ...ENVIRONMENT, AWS_ENDPOINT_URL_S3: s3.url, SLUICE_LAKE: `s3://${BUCKET}/lake` };
  Object.assign(process.env, environment);
  const table = await TableUnderLoad.start({ environment });
  const machines: Machine[] = [];
  try {
    writeScaleOut(await shareABatch(table, network, machines, s3.port));
  } catch (error) {
    // Their logs go with the stack's home.
    for (const { name, said } of machines) console.error(`${name} said last:\n${said.slice(-LAST_LINES).join('\n')}`);
    throw error;
  } finally {
    await Promise.all(machines.map((machine) => machine.stop()));
    await table.stop();
    await s3.stop();
  }
}

async function shareABatch(
  table: TableUnderLoad,
  network: MachineNetwork,
  machines: Machine[],
  s3Port: number,
): Promise<ScaleOutResult> {
  const { test } = table;
  const start = (name: string, queues: string, fault = ''): Machine => {
    const machine = new Machine(test, network, { name, queues, environment: { SLUICE_FAULT: fault } });
    machines.push(machine);
    return machine;
  };
  await fill(table);
  const helper = start('machine-2', 'parts');
  const dying = start('machine-3', 'parts', STANDS_IN_A_PART);
  await Promise.all([helper.ready(), dying.ready()]);
  const startedMs = performance.now();
  const leader = start('machine-1', 'ingest');
  await dying.says('"fault":"hang"', STRIKE_LIMIT_MS);
  console.log(`  machine-3 stands in the middle of a part (${helper.parts + leader.parts} are written): kill -9`);
  const reached = { Kafka: test.settings.ports.kafka, Temporal: test.settings.ports.temporal, S3: s3Port };
  for (const [service, port] of Object.entries(reached)) {
    const peers = network.peersOf(port);
    for (const { address, name } of machines)
      ok(peers.has(address), `${name} (${address}) has no connection to ${service}`);
  }
  const partsAtDeath = helper.parts + leader.parts;
  await dying.kill();
  await table.recovered();
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  const written = [...table.writer.written.values()];
  const report = await table.judge();
  await table.load.stop();

  const log = new TableLog(
    openStorage(test.settings),
    mainTable(loadDefinition(test.settings.tablesFolder, TABLE)).path,
  );
  await log.refresh();
  equal(log.snapshot.transactionVersion(sequenceAppId('server-health')), 1, 'all of it is one batch');
  const manifests = await table.manifests();
  equal(manifests.length, SHARDS, 'one manifest for each part');
  equal(dying.parts, 0);
  ok(helper.parts > 0 && leader.parts > 0, 'both that live have written parts');
  return {
    records: written.length,
    rejected: written.filter(({ rejectedFor }) => rejectedFor !== undefined).length,
    parts: manifests.length,
    partsAtDeath,
    seconds,
    machines: machines
      .map((machine) => ({ name: machine.name, queues: machine.queues, parts: machine.parts, died: machine === dying }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    audit: report.verdict,
  };
}

/** So much that it is one batch of many parts. */
async function fill(table: TableUnderLoad): Promise<void> {
  await table.load.stop();
  table.redefine(/max_rows: \d+/, `max_rows: ${MAX_ROWS}\n  shards: ${SHARDS}`);
  for (let sent = 0; sent < RECORDS; sent += RECORDS_PER_SEND) {
    const records = Array.from({ length: RECORDS_PER_SEND }, (_, index) =>
      healthRecord(FIRST_MARK + sent + index, (sent + index) % BAD_EVERY === 0),
    );
    await table.writer.write((sent / RECORDS_PER_SEND) % PARTITIONS, records);
  }
  console.log(`  ${table.writer.written.size} records are on the topic`);
}

await main();
process.exit();
