import { spawn } from 'node:child_process';
import { closeSync, globSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fetchJars, jarFolder, jdkProgram } from '../../infra/java.ts';
import { runTool } from '../../infra/run-tool.ts';
import { OPENED_PACKAGES, SPARK_JARS } from '../../infra/spark-connect.ts';
import type { Measurement } from '../measure/measurement.ts';
import { ProcessWatch } from '../measure/process-watch.ts';
import type { Arena, Contender } from './contender.ts';
import { checkOutput } from './output.ts';

const PROGRAM = 'StreamToParquet';
const SOURCE = fileURLToPath(new URL(`../peers/spark/${PROGRAM}.java`, import.meta.url));
const MAX_OFFSETS_A_TRIGGER = 1_000_000;
const LOOK_EVERY_MS = 250;
const LIMIT_MS = 1_200_000;

/** Spark Structured Streaming on all cores of this machine, one driver with its executor in it, partitioned like Sluice's table. */
export const SPARK_STREAMING: Contender = {
  name: 'spark',
  async prepare({ settings }) {
    const { cacheFolder, home } = settings;
    const log = join(home, 'logs', 'spark-streaming.log');
    const jars = await fetchJars(SPARK_JARS, {
      cacheFolder,
      log,
      progress: (line) => process.stderr.write(`  ${line}\n`),
    });
    await runTool(jdkProgram('javac'), ['-cp', `${jars}/*`, '-d', classesOf(home), SOURCE], { log });
  },
  run: runSpark,
};

function classesOf(home: string): string {
  return join(home, 'spark-streaming');
}

async function runSpark(arena: Arena, folder: string): Promise<Measurement> {
  const { settings, definition, topic, records } = arena;
  const logFile = join(folder, 'spark.log');
  const [out, temporary] = [join(folder, 'out'), join(folder, 'tmp')];
  mkdirSync(temporary);
  const properties = {
    'spark.master': 'local[*]',
    'spark.app.name': 'bench',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.local.dir': temporary,
    'spark.sql.shuffle.partitions': '2',
    'spark.sql.session.timeZone': 'UTC',
    'io.netty.tryReflectionSetAccessible': 'true',
  };
  const schema = definition.columns.map(({ name, type }) => `\`${name}\` ${type}`).join(', ');
  const log = openSync(logFile, 'a');
  const startedMs = performance.now();
  const child = spawn(
    jdkProgram('java'),
    [
      '-Xmx2g',
      ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      ...['-cp', `${classesOf(settings.home)}:${jarFolder(SPARK_JARS, settings.cacheFolder)}/*`, PROGRAM],
      ...[settings.kafka.brokers.join(','), topic, schema, definition.eventTime.column],
      ...[join(folder, 'checkpoint'), out, String(MAX_OFFSETS_A_TRIGGER)],
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const watch = new ProcessWatch([child.pid ?? 0]);
  const secondsSince = (ms: number): number => (performance.now() - ms) / 1000;
  let [firstRowSeconds, ready]: [number | null, { ms: number; cpu: number } | undefined] = [null, undefined];
  try {
    for (let rows = 0; rows < records;) {
      if (child.exitCode !== null || secondsSince(startedMs) * 1000 > LIMIT_MS) {
        throw new Error(`Spark took ${rows} records and no more; see ${logFile}.`);
      }
      await sleep(LOOK_EVERY_MS);
      const text = readFileSync(logFile, 'utf8');
      if (text.includes('STARTED\n')) ready ??= { ms: performance.now(), cpu: watch.cpuSeconds };
      rows = [...text.matchAll(/^ROWS (\d+)$/gm)].reduce((sum, match) => sum + Number(match[1]), 0);
      if (rows > 0) firstRowSeconds ??= secondsSince(startedMs);
    }
    const { cpuSeconds, peakMiB } = watch;
    const since = ready ?? { ms: startedMs, cpu: 0 };
    const taken = { seconds: secondsSince(startedMs), busySeconds: secondsSince(since.ms) };
    const used = { cpuSeconds, busyCpuSeconds: cpuSeconds - since.cpu, peakMiB, firstRowSeconds };
    await Promise.race([ended, sleep(LIMIT_MS, undefined, { ref: false })]);
    const files = globSync('**/*.parquet', { cwd: out }).map((path) => join(out, path));
    const output = await checkOutput(out, records, files, '(kafka_partition, kafka_offset)');
    return { contender: 'spark', ...taken, ...used, ...output };
  } finally {
    watch.stop();
    child.kill('SIGKILL');
  }
}
