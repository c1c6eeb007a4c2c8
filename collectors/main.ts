import { hostname } from 'node:os';
import { join } from 'node:path';
import { asSluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { readSettings } from '../settings/settings.ts';
import { readArguments, USAGE, type CollectorOptions } from './arguments.ts';
import { Collection } from './collection.ts';
import { Delivery } from './delivery/delivery.ts';
import { IdempotentProducer } from './delivery/idempotent-producer.ts';
import { logToStderr, logToStdout } from './log.ts';
import { printRecords } from './printing.ts';
import { everySlot } from './schedule.ts';
import { lockFolder } from './spool/lock.ts';
import { Spool } from './spool/spool.ts';

/** How often it is said how much was collected. */
export const PROGRESS_INTERVAL_MS = 60_000;
/** A stop that takes longer ends hard; what is not acknowledged is on disk by then. */
export const STOP_LIMIT_MS = 5_000;

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options.help) process.stdout.write(USAGE);
  else if (options.stdout) await printRecords(hostname(), options);
  else await collect(options);
}

async function collect(options: CollectorOptions): Promise<void> {
  const settings = readSettings();
  const folder = join(settings.home, 'spool', 'collector');
  const unlock = await lockFolder(folder);
  const cluster = new KafkaCluster(settings.kafka, 'sluice-collector');
  const abort = new AbortController();
  const collection = new Collection(hostname(), options.simulate);
  const producer = new IdempotentProducer(cluster, options.topic, {
    signal: abort.signal,
    onFailure: (failure) => delivery.failed(failure),
  });
  const delivery = new Delivery(producer, new Spool(folder, options.spoolMaxBytes), logToStdout, (spooling) => {
    const { topic, simulate } = options;
    const ready = { ready: true, component: 'collector', host: hostname(), topic, simulated: simulate, spooling };
    process.stdout.write(`${JSON.stringify(ready)}\n`);
  });
  const stopSchedule = everySlot(options.intervalMs, (slot) => delivery.push(collection.take(slot)));
  const progress = setInterval(() => {
    const { acknowledged, lost, spooled } = delivery;
    logToStdout('info', 'progress', { collected: collection.taken, acknowledged, lost, spooled });
  }, PROGRESS_INTERVAL_MS);
  const stop = (): void => {
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
    stopSchedule();
    clearInterval(progress);
    void delivery.stop(() => abort.abort());
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
  try {
    await delivery.run();
    const { acknowledged, lost, spooled } = delivery;
    logToStdout('info', 'stopped', { collected: collection.taken, acknowledged, lost, spooled });
  } finally {
    stopSchedule();
    clearInterval(progress);
    await cluster.close();
    unlock();
  }
}

main().catch((thrown: unknown) => {
  const { code, advice } = asSluiceError(thrown);
  const log = process.argv.includes('--stdout') ? logToStderr : logToStdout;
  log('error', 'failed', { code, reason: advice });
  process.exitCode = code === 'USAGE' || code === 'SETTINGS_INVALID' ? 2 : 1;
});
