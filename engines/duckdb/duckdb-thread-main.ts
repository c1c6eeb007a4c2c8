import { parentPort, workerData } from 'node:worker_threads';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { DuckDbEngine } from './duckdb-engine.ts';
import { failureOf, type FromThread, type ThreadData, type ToThread } from './thread-messages.ts';

/** The thread's side of DuckDbThread. */
const { kafka, clientId, limits } = workerData as ThreadData;
const cluster = new KafkaCluster(kafka, clientId);
const engine = new DuckDbEngine(cluster, limits);
const underWay = new Map<number, AbortController>();

async function write({ id, request }: Extract<ToThread, { kind: 'write' }>): Promise<void> {
  const aborting = new AbortController();
  underWay.set(id, aborting);
  try {
    const result = await engine.write({ ...request, signal: aborting.signal });
    answer({ kind: 'written', id, result });
  } catch (thrown) {
    answer({ kind: 'failed', id, failure: failureOf(thrown) });
  } finally {
    underWay.delete(id);
  }
}

async function close(): Promise<void> {
  await engine.close();
  await cluster.close();
  parentPort?.close();
}

function answer(message: FromThread): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'write') void write(message);
  else if (message.kind === 'abort') underWay.get(message.id)?.abort();
  else void close();
});
answer({ kind: 'open' });
