/**
 * Sends narrow records at a steady rate, each with the time at which it is made:
 *   node bench/data/steady-producer.ts <brokers> <topic> <partitions> <records a second> <seconds>
 * Prints how many it has sent, as one line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { Random } from '../../collectors/simulation/random.ts';

const SEND_EVERY_MS = 50;
/** One request's records of some 200 bytes: brokers refuse a batch of more than 1 MiB, and a pause makes much due at once. */
const MAX_RECORDS_PER_SEND = 4_000;
const HOSTS = 200;
const TEMPLATES = 1_000;

const [brokers = '', topic = '', partitions = '3', rate = '1000', seconds = '30'] = process.argv.slice(2);

/** Texts before and after the time: making each number anew would cost more than all else. */
function templates(): { readonly key: string; readonly before: string; readonly after: string }[] {
  const random = new Random('steady');
  return Array.from({ length: TEMPLATES }, (_, index) => {
    const key = `server-${String(1 + (index % HOSTS)).padStart(4, '0')}`;
    const figures = [random.between(0, 100), random.between(20, 95), random.between(0, 16), random.between(5, 98)];
    const [cpu, memory, load, disk] = figures.map((figure) => figure.toFixed(2));
    const [received, sent] = [random.between(0, 1e9), random.between(0, 1e9)].map(Math.floor);
    return {
      key,
      before: `{"host":"${key}","ts":"`,
      after: `","cpu_pct":${cpu},"mem_pct":${memory},"load1":${load},"disk_pct":${disk},"net_rx":${received},"net_tx":${sent},"status":"ok"}`,
    };
  });
}

const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer();
await producer.connect();
const made = templates();
const startedMs = performance.now();
const endMs = Number(seconds) * 1000;
const underWay = new Set<Promise<unknown>>();
let sent = 0;
for (let elapsedMs = 0; elapsedMs < endMs; elapsedMs = performance.now() - startedMs) {
  const due = Math.floor((elapsedMs / 1000) * Number(rate));
  const time = new Date().toISOString();
  while (sent < due) {
    const records = Math.min(due - sent, MAX_RECORDS_PER_SEND);
    const messages = Array.from({ length: records }, (_, index) => {
      const { key, before, after } = made[(sent + index) % TEMPLATES] ?? { key: '', before: '', after: '' };
      return { key, value: `${before}${time}${after}`, partition: (sent + index) % Number(partitions) };
    });
    sent += records;
    const sending = producer.send({ topic, acks: -1, messages }).finally(() => underWay.delete(sending));
    underWay.add(sending);
  }
  await sleep(SEND_EVERY_MS);
}
await Promise.all(underWay);
await producer.disconnect();
process.stdout.write(`${JSON.stringify({ sent, seconds: (performance.now() - startedMs) / 1000 })}\n`);
