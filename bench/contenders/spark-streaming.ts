import { globSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchJars, jarFolder, jdkProgram } from '../../infra/java.ts';
import { runTool } from '../../infra/run-tool.ts';
import { OPENED_PACKAGES, SPARK_JARS } from '../../infra/spark-connect.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Arena, Contender } from './contender.ts';
import { type JavaPeer, runJavaPeer } from './java-peer.ts';
import { checkOutput } from './output.ts';

const PROGRAM = 'StreamToParquet';
const SOURCE = fileURLToPath(new URL(`../peers/spark/${PROGRAM}.java`, import.meta.url));
const MAX_OFFSETS_A_TRIGGER = 1_000_000;

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
  const peer: JavaPeer = {
    name: 'spark',
    args: [
      '-Xmx2g',
      ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      ...['-cp', `${classesOf(settings.home)}:${jarFolder(SPARK_JARS, settings.cacheFolder)}/*`, PROGRAM],
      ...[settings.kafka.brokers.join(','), topic, schema, definition.eventTime.column],
      ...[join(folder, 'checkpoint'), out, String(MAX_OFFSETS_A_TRIGGER)],
    ],
    logFile: join(folder, 'spark.log'),
    isReady: (text) => text.includes('STARTED\n'),
    rowsLine: /^ROWS (\d+)$/gm,
    async output(ended) {
      await ended();
      const files = globSync('**/*.parquet', { cwd: out }).map((path) => join(out, path));
      return checkOutput(out, records, files, '(kafka_partition, kafka_offset)');
    },
  };
  return runJavaPeer(peer, records);
}
