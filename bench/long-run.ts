/**
 * A worker that starts cold after an outage, and then goes on for long:
 *   node bench/long-run.ts [--backlog 3600000] [--rate 10000] [--minutes 30] [--report long-run]
 * The backlog is what came while nobody ingested; records go on coming at the rate all the while.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { rowCountOf } from '../lake/log/snapshot.ts';
import { TableLog } from '../lake/log/table-log.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import { BenchArena } from './arena.ts';
import { prepareTable, startWorker } from './contenders/sluice.ts';
import { NARROW } from './data/bench-data.ts';
import { median } from './measure/measurement.ts';
import { peakKibOf } from './measure/process-watch.ts';
import { cpuSeconds, family, residentMiB } from './measure/processes.ts';
import { keepReport, machineInWords, thisMachine } from './measure/report.ts';

const LOOK_EVERY_MS = 1_000;
/** A table is caught up that is no further behind than this. */
const CAUGHT_UP_MS = 2_000;
/** Parts of the run whose memory is compared. */
const PARTS = 10;

const { values } = parseArgs({
  options: {
    backlog: { type: 'string', default: '3600000' },
    rate: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '30' },
    report: { type: 'string' },
  },
});
const [backlog, rate, minutes] = [values.backlog, values.rate, values.minutes].map(Number) as [number, number, number];

/** Seconds from the worker's start, memory in MiB. */
interface LongRun {
  readonly readySeconds: number;
  readonly readyCpuSeconds: number;
  readonly firstRowSeconds: number;
  readonly caughtUpSeconds: number;
  readonly rowsThen: number;
  readonly peakMiB: number;
  readonly rows: number;
  readonly looks: readonly Look[];
}

/** At the worker, and at the table. */
interface Look {
  readonly atSeconds: number;
  readonly mib: number;
  readonly liveFiles: number;
}

async function measure(): Promise<LongRun> {
  const bench = await BenchArena.start(NARROW, backlog, (line) => process.stderr.write(`  ${line}\n`));
  const { arena } = bench;
  const folder = bench.folder('long-run');
  const { environment, settings, shape } = prepareTable(arena.settings, folder, arena.definitionText);
  const log = new TableLog(openStorage(settings), shape.path);
  const script = fileURLToPath(new URL('data/steady-producer.ts', import.meta.url));
  const to = [arena.settings.kafka.brokers.join(','), arena.topic, String(arena.partitions)];
  const producing = promisify(execFile)(process.execPath, [
    ...['--disable-warning=ExperimentalWarning', script, ...to, String(rate), String(minutes * 60)],
  ]);
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  const worker = startWorker(environment, join(folder, 'worker.log'));
  // As in `sluice up`: hours are compacted while they fill.
  const background = startWorker(environment, join(folder, 'background.log'), { program: 'background.ts' });
  const looks: Look[] = [];
  let [rows, firstRowSeconds, caughtUpSeconds, rowsThen] = [0, Number.NaN, Number.NaN, 0];
  try {
    await Promise.all([worker.ready, background.ready]);
    const [readySeconds, readyCpuSeconds] = [seconds(), cpuSeconds(family(worker.pid))];
    while (seconds() < minutes * 60) {
      await sleep(LOOK_EVERY_MS);
      for (const { actions } of await log.refresh()) {
        for (const { add } of actions) rows += add === undefined || !add.dataChange ? 0 : rowCountOf(add);
      }
      looks.push({ atSeconds: seconds(), mib: residentMiB(worker.pid), liveFiles: log.snapshot.files.size });
      if (rows > 0 && Number.isNaN(firstRowSeconds)) firstRowSeconds = seconds();
      const due = backlog + rate * (seconds() - CAUGHT_UP_MS / 1000);
      if (rows >= due && Number.isNaN(caughtUpSeconds)) [caughtUpSeconds, rowsThen] = [seconds(), rows];
    }
    await producing;
    const peakMiB = peakKibOf(worker.pid) / 1024;
    return { readySeconds, readyCpuSeconds, firstRowSeconds, caughtUpSeconds, rowsThen, peakMiB, rows, looks };
  } finally {
    await Promise.all([worker.stop(), background.stop()]);
    await bench.stop();
  }
}

function markdown(run: LongRun): string {
  const partSeconds = (minutes * 60) / PARTS;
  const parts = Map.groupBy(run.looks, ({ atSeconds }) => Math.min(PARTS - 1, Math.floor(atSeconds / partSeconds)));
  const lines = [...parts].map(([part, seen]) => {
    const mib = seen.map((one) => one.mib);
    const [from, to] = [part, part + 1].map((bound) => ((bound * partSeconds) / 60).toFixed(1));
    const files = Math.round(median(seen.map(({ liveFiles }) => liveFiles)));
    return `| ${from} – ${to} | ${Math.round(median(mib))} MiB | ${Math.round(Math.max(...mib))} MiB | ${files} |`;
  });
  return `# After an outage, and on

${backlog} records were waiting when the worker was started cold, and ${rate} a second went on coming for ${minutes} minutes. Producer, three brokers, Temporal, metastore and Sluice
share ${machineInWords(thisMachine())}.

| | |
| --- | ---: |
| ready for work, after | ${run.readySeconds.toFixed(1)} s |
| the worker's CPU time until then | ${run.readyCpuSeconds.toFixed(1)} s |
| first rows committed, after | ${run.firstRowSeconds.toFixed(1)} s |
| caught up (less than ${CAUGHT_UP_MS / 1000} s behind), after | ${run.caughtUpSeconds.toFixed(1)} s |
| rows committed by then | ${run.rowsThen} |
| rows a second while catching up | ${Math.round(run.rowsThen / (run.caughtUpSeconds - run.readySeconds))} |
| rows committed in all | ${run.rows} |
| the worker's peak memory | ${Math.round(run.peakMiB)} MiB |

The worker's resident memory, looked at once a second, and the table's live files; another process compacts the table every five minutes, as it does by default.

| minutes | median | most | live files |
| --- | ---: | ---: | ---: |
${lines.join('\n')}

Repeat it: \`node bench/long-run.ts --backlog ${backlog} --rate ${rate} --minutes ${minutes}\`
`;
}

const text = markdown(await measure());
process.stdout.write(text);
if (values.report !== undefined) keepReport(values.report, text);
