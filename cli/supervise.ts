import { loadDefinitions } from '../definition/load.ts';
import { Stack } from '../infra/stack.ts';
import type { Settings } from '../settings/settings.ts';
import { addressLines } from './addresses.ts';
import { StartView } from './start-view.ts';
import { readTopicEnds } from './topic-ends.ts';
import type { UpOptions } from './up-options.ts';

/** How what it says once everything is ready begins. */
export const UP_LINE = 'Sluice is up';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What a shell says of a program that Ctrl-C ended. */
const EXIT_INTERRUPTED = 130;

/** Starts everything, keeps it running, and stops it when asked to; asked twice, at once. */
export async function supervise(settings: Settings, options: UpOptions): Promise<void> {
  const stopAsked = new AbortController();
  let stack: Stack | undefined;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (stopAsked.signal.aborted) void stack?.kill();
      else stopAsked.abort();
    });
  }
  const view = new StartView(process.stdout);
  try {
    stack = await Stack.start(settings, {
      own: (['worker', 'background', 'collector', 'dashboard'] as const).filter(
        (name) =>
          name === 'worker' ||
          name === 'background' ||
          (name === 'collector' ? options.collector && options.with !== 'flume' : options[name]),
      ),
      extras: options.with === undefined ? [] : [options.with],
      simulatedServers: options.simulate,
      progress: view.show,
      signal: stopAsked.signal,
    });
  } catch (error) {
    if (!stopAsked.signal.aborted) throw error;
    process.exitCode = EXIT_INTERRUPTED;
    return;
  } finally {
    view.end();
  }
  await warnOfKafka(settings);
  // In one piece: who waits for the first line in the log shows the others too.
  console.log(`${UP_LINE}, after ${view.elapsedSeconds} s.\n${addressLines(stack.addresses)}`);
  if (process.stdout.isTTY) console.log('Ctrl-C stops everything.');
  await aborted(stopAsked.signal);
  console.log('Stopping …');
  await stack.stop();
}

/** Kafka of one's own may be out of reach, refuse the log-in or lack a topic: said at once, since ingestion only waits. */
async function warnOfKafka({ kafka, tablesFolder }: Settings): Promise<void> {
  if (!kafka.given) return;
  const waiting = loadDefinitions(tablesFolder).map(async ({ table, source }) => {
    const { failure } = await readTopicEnds(kafka, source.topic);
    if (failure !== undefined) console.log(`${table} waits, and goes on by itself: ${failure.advice}`);
  });
  await Promise.all(waiting);
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
