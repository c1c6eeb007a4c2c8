import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fetchJars, jarFolder } from '../../infra/java.ts';
import { freePorts } from '../../infra/ports.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import type { Measurement } from '../measure/measurement.ts';
import type { Arena, Contender } from './contender.ts';
import { type JavaPeer, runJavaPeer } from './java-peer.ts';
import { checkOutput } from './output.ts';

const JARS = {
  name: 'iceberg-connect',
  pom: fileURLToPath(new URL('../peers/iceberg/pom.xml', import.meta.url)),
  sources: [],
};

/** Apache Iceberg's sink for Kafka Connect, one standalone worker with three tasks, into an unpartitioned table. */
export const ICEBERG_CONNECT: Contender = {
  name: 'iceberg-connect',
  async prepare({ settings }) {
    const log = join(settings.home, 'logs', 'iceberg-connect.log');
    await fetchJars(JARS, {
      cacheFolder: settings.cacheFolder,
      log,
      progress: (line) => process.stderr.write(`  ${line}\n`),
    });
  },
  run: runConnect,
};

async function runConnect(arena: Arena, folder: string, run: number): Promise<Measurement> {
  const { settings } = arena;
  const control = `control-iceberg-${run}`;
  await ensureTopic(settings.kafka, { topic: control, partitions: 1, replicationFactor: 3 });
  const rest = (await freePorts()).dashboard;
  const properties = propertiesOf(arena, folder, control, rest);
  for (const [name, content] of Object.entries(properties)) writeFileSync(join(folder, name), content);
  mkdirSync(join(folder, 'warehouse'));
  const peer: JavaPeer = {
    name: 'iceberg-connect',
    args: [
      '-Xmx3g',
      `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`,
      ...['-cp', `${jarFolder(JARS, settings.cacheFolder)}/*`, 'org.apache.kafka.connect.cli.ConnectStandalone'],
      ...[join(folder, 'worker.properties'), join(folder, 'sink.properties')],
    ],
    logFile: join(folder, 'connect.log'),
    isReady: (text) => text.includes('Kafka Connect started') || text.includes('Herder started'),
    rowsLine: COMMITTED,
    output: () => {
      const files = globSync('warehouse/**/data/**/*.parquet', { cwd: folder }).map((path) => join(folder, path));
      return checkOutput(folder, arena.records, files);
    },
  };
  return runJavaPeer(peer, arena.records);
}

/** What a commit's report in the log says of the records that it added. */
const COMMITTED = /addedRecords=CounterResult\{unit=COUNT, value=(\d+)/g;

function propertiesOf(
  { settings, topic }: Arena,
  folder: string,
  control: string,
  rest: number,
): Record<string, string> {
  const text = (properties: Record<string, string | number | boolean>): string =>
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('');
  return {
    'log4j2.properties': text({
      'rootLogger.level': 'INFO',
      'rootLogger.appenderRefs': 'stdout',
      'rootLogger.appenderRef.stdout.ref': 'STDOUT',
      'appender.console.name': 'STDOUT',
      'appender.console.type': 'Console',
      'appender.console.layout.type': 'PatternLayout',
      'appender.console.layout.pattern': '[%d] %p %m (%c)%n',
    }),
    'worker.properties': text({
      'bootstrap.servers': settings.kafka.brokers.join(','),
      'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': false,
      'offset.storage.file.filename': join(folder, 'offsets'),
      listeners: `http://127.0.0.1:${rest}`,
      'consumer.max.poll.records': 5000,
      'consumer.fetch.min.bytes': 1048576,
      'consumer.max.partition.fetch.bytes': 16777216,
    }),
    'sink.properties': text({
      name: control,
      'connector.class': 'org.apache.iceberg.connect.IcebergSinkConnector',
      'tasks.max': 3,
      topics: topic,
      'iceberg.catalog': 'lake',
      'iceberg.catalog.type': 'hadoop',
      'iceberg.catalog.warehouse': pathToFileURL(join(folder, 'warehouse')).href,
      'iceberg.tables': 'bench.health',
      'iceberg.tables.auto-create-enabled': true,
      'iceberg.control.topic': control,
      'iceberg.control.commit.interval-ms': 5000,
      'iceberg.control.commit.threads': 2,
      'consumer.override.auto.offset.reset': 'earliest',
    }),
  };
}
