/**
 * How old a row is when it can be read, while records come at a steady rate: from the time in the record to the commit of
 * its row, and to Hive's view of it; alone, and while a backfill and a compaction run.
 *   node bench/freshness.ts [--rates 1000,20000,50000] [--seconds 40] [--busy-rate 20000] [--report freshness]
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { decodedPath } from '../plans/file-place.ts';
import { BenchArena } from './arena.ts';
import { prepareTable, startWorker } from './contenders/sluice.ts';
import { NARROW } from './data/bench-data.ts';
import { type Latencies, latenciesOf, type Quantiles, type ReadableSince } from './measure/latencies.ts';
import { cpuSeconds, family, residentMiB } from './measure/processes.ts';
import { keepReport, machineInWords, thisMachine } from './measure/report.ts';

const PROJECT = fileURLToPath(new URL('../', import.meta.url));
/** Rows of the first seconds are of a worker that is still warming up. */
const WARM_UP_MS = 10_000;
/** Until all that was sent is committed and published; more, and the rate does not fit the machine. */
const SETTLE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 250;

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,20000,50000' },
    seconds: { type: 'string', default: '40' },
    'busy-rate': { type: 'string', default: '20000' },
    report: { type: 'string' },
  },
});
const seconds = Number(values.seconds);

/** What one steady rate came to. */
interface Steady extends Latencies {
  readonly rate: number;
  readonly beside: string;
  readonly sent: number;
  /** Share of one core that the worker used. */
  readonly workerPct: number;
  readonly memoryMiB: number;
}

const run = promisify(execFile);

function progress(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

function node(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<{ stdout: string }> {
  const options = { cwd: PROJECT, env: { ...process.env, ...environment }, maxBuffer: 16 * 1024 ** 2 };
  return run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], options);
}

/** Follows a table's log, and keeps when each batch's files could be read. */
class Commits {
  readonly #log: TableLog;
  readonly #folder: string;
  readonly #added: { version: number; atMs: number; paths: string[] }[] = [];
  readonly #published: { version: number; atMs: number }[] = [];
  rows = 0;

  constructor(log: TableLog, folder: string) {
    this.#log = log;
    this.#folder = folder;
  }

  async follow(): Promise<void> {
    for (const { version, actions } of await this.#log.refresh()) {
      const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
      this.#published.push(...(info?.sluice?.published ?? []));
      if (info?.sluice?.sequence === undefined) continue;
      this.rows += info.sluice.rows;
      const paths = actions.flatMap(({ add }) =>
        add === undefined ? [] : [join(this.#folder, decodedPath(add.path))],
      );
      this.#added.push({ version, atMs: info.timestamp, paths });
    }
  }

  files(): ReadableSince[] {
    return this.#added.flatMap(({ version, atMs, paths }) => {
      const seen = this.#published
        .filter((published) => published.version >= version)
        .map((published) => published.atMs);
      const publishedAtMs = seen.length === 0 ? null : Math.min(...seen);
      return paths.map((path) => ({ path, committedAtMs: atMs, publishedAtMs }));
    });
  }
}

async function measure(): Promise<{ steady: Steady[]; history: string }> {
  const bench = await BenchArena.start(NARROW, 3_000, progress);
  const folder = bench.folder('freshness');
  const { arena } = bench;
  const text = `${arena.definitionText}schedules: { compaction: off }\n`;
  const { environment, settings, shape } = prepareTable(arena.settings, folder, text);
  const commits = new Commits(new TableLog(openStorage(settings), shape.path), join(folder, 'lake', shape.path));
  const worker = startWorker(environment, join(folder, 'worker.log'));
  const background = startWorker(environment, join(folder, 'background.log'), { program: 'background.ts' });
  const steady: Steady[] = [];
  let sentBefore = arena.records;

  async function settle(): Promise<void> {
    const limit = performance.now() + SETTLE_LIMIT_MS;
    while (commits.rows < sentBefore) {
      if (performance.now() > limit) throw new Error(`${sentBefore - commits.rows} records are not committed yet.`);
      await sleep(LOOK_EVERY_MS);
      await commits.follow();
    }
  }

  async function at(rate: number, beside: string, work: () => Promise<unknown>): Promise<void> {
    progress(`${rate} records a second for ${seconds} s, ${beside}`);
    const [brokers, script] = [settings.kafka.brokers.join(','), 'bench/data/steady-producer.ts'];
    const before = cpuSeconds(family(worker.pid));
    const startedMs = Date.now();
    const producing = node({}, script, brokers, arena.topic, String(arena.partitions), String(rate), String(seconds));
    const working = sleep(WARM_UP_MS).then(work);
    const [{ stdout }] = await Promise.all([producing, working]);
    const endedMs = Date.now();
    const workerPct = (100 * (cpuSeconds(family(worker.pid)) - before) * 1000) / (endedMs - startedMs);
    const { sent } = JSON.parse(stdout) as { sent: number };
    sentBefore += sent;
    await settle();
    // What Hive has reached is told by the commits that follow.
    await node({}, script, brokers, arena.topic, String(arena.partitions), '100', '3');
    sentBefore = commits.rows;
    await commits.follow();
    const found = await latenciesOf(commits.files(), { fromMs: startedMs + WARM_UP_MS, toMs: endedMs });
    steady.push({ ...found, rate, beside, sent, workerPct, memoryMiB: residentMiB(worker.pid) });
  }

  try {
    await Promise.all([worker.ready, background.ready]);
    await settle();
    for (const rate of values.rates.split(',').map(Number)) await at(rate, 'alone', () => Promise.resolve());
    const sluice = (...args: string[]) => node(environment, 'bin/sluice.js', ...args);
    await at(Number(values['busy-rate']), 'beside a compaction and a backfill', async () => {
      await sluice('compact', arena.definition.table);
      await sluice('backfill', arena.definition.table, '--from-offset', '0', '--yes');
    });
    return { steady, history: await historyCost(settings.temporal.address, arena.definition.table, commits.rows) };
  } finally {
    await Promise.all([worker.stop(), background.stop()]);
    await bench.stop();
  }
}

/** Events and bytes that Temporal keeps of the ingestion, for a million rows. */
async function historyCost(address: string, table: string, rows: number): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const found = await client.workflow.getHandle(`ingest/${table}`).describe();
    const [events, bytes] = [found.historyLength, found.historySize ?? 0];
    return `${events} events and ${Math.round(bytes / 1024)} KiB of history for ${rows} rows`;
  } finally {
    await connection.close();
  }
}

function cells({ p50, p99, max }: Quantiles): string {
  return [p50, p99, max].map((ms) => `${Math.round(ms)} ms`).join(' / ');
}

function markdown(steady: readonly Steady[], history: string): string {
  const rows = steady.map(
    ({ rate, beside, rows: measured, commitMs, hiveMs, workerPct, memoryMiB }) =>
      `| ${rate} | ${beside} | ${cells(commitMs)} | ${cells(hiveMs)} | ${Math.round(workerPct)} % | ${Math.round(memoryMiB)} MiB | ${measured} |`,
  );
  return `# Freshness at a steady rate

From the time in a record, written by its producer, to the commit of its row and to Hive's view of it: median, 99th percentile and maximum, over
every row of ${seconds} s but the first ${WARM_UP_MS / 1000}. Producer, three brokers, Temporal, metastore and Sluice share ${machineInWords(thisMachine())}.

| records / s | | committed: p50 / p99 / max | in Hive: p50 / p99 / max | worker's CPU, of one core | its memory | rows measured |
| ---: | --- | ---: | ---: | ---: | ---: | ---: |
${rows.join('\n')}

Temporal keeps ${history}.

Repeat it: \`node bench/freshness.ts --rates ${values.rates} --seconds ${values.seconds}\`
`;
}

const { steady, history } = await measure();
const text = markdown(steady, history);
process.stdout.write(text);
if (values.report !== undefined) keepReport(values.report, text);
