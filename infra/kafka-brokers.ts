import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KafkaCluster } from '../kafka/cluster.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { fetchJars, type JarSource, jdkProgram, Jvm } from './java.ts';
import { runTool } from './run-tool.ts';

export const KAFKA_JARS: JarSource = {
  name: 'kafka',
  pom: fileURLToPath(new URL('kafka/pom.xml', import.meta.url)),
  sources: [],
};
const NODES = [1, 2, 3];
const HEAP = ['-Xms256m', '-Xmx256m'];

/** Of each replica of a partition; past it the oldest records go, so that a forgotten stack does not fill the disk. */
const RETENTION_BYTES = 1024 ** 3;
const SEGMENT_BYTES = 128 * 1024 ** 2;
/** A broker that has died is replaced as leader after this. */
const SESSION_TIMEOUT_MS = 6_000;

const LOGGING = `rootLogger.level=INFO
rootLogger.appenderRefs=stdout
rootLogger.appenderRef.stdout.ref=STDOUT
appender.console.name=STDOUT
appender.console.type=Console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=[%d] %p %m (%c)%n
`;

/** Three Kafka nodes, each broker and controller (KRaft): replication 3, two in-sync replicas needed to write. */
export function kafkaBrokers(settings: Settings): Component[] {
  return NODES.map((node) => kafkaBroker(settings, node));
}

function kafkaBroker(settings: Settings, node: number): Component {
  const port = settings.ports.kafka + node - 1;
  const controllerPort = settings.ports.kafkaController + node - 1;
  const folder = join(settings.home, 'kafka', String(node));
  const properties = join(folder, 'server.properties');
  const logging = join(folder, 'log4j2.properties');
  let jvm: Jvm;
  return {
    name: `kafka-${node}`,
    needs: [],
    ports: [
      { port, variable: 'SLUICE_PORT_KAFKA' },
      { port: controllerPort, variable: 'SLUICE_PORT_KAFKA_CONTROLLER' },
    ],
    startLimitMs: 90_000,
    stopLimitMs: 20_000,
    async prepare(progress, signal) {
      const log = join(settings.home, 'logs', 'kafka-setup.log');
      const { cacheFolder } = settings;
      const jars = await fetchJars(KAFKA_JARS, { cacheFolder, log, progress, signal });
      jvm = new Jvm(jars, cacheFolder);
      await mkdir(folder, { recursive: true });
      await writeFile(logging, LOGGING);
      await writeFile(properties, propertiesOf(settings, node, folder));
      if (existsSync(join(folder, 'data', 'meta.properties'))) return;
      const format = ['kafka.tools.StorageTool', 'format', '-t', await clusterId(settings), '-c', properties];
      const flags = ['-Xmx128m', '-XX:TieredStopAtLevel=1', `-Dlog4j2.configurationFile=${logging}`];
      await runTool(jdkProgram('java'), [...flags, '-cp', `${jars}/*`, ...format], { log, signal });
    },
    command: () => ({
      file: jdkProgram('java'),
      args: [...jvm.args('kafka.Kafka', [...HEAP, `-Dlog4j2.configurationFile=${logging}`], node === 1), properties],
    }),
    stopped: () => jvm.keepArchive(),
    async isReady() {
      const cluster = new KafkaCluster(
        { brokers: [`127.0.0.1:${port}`], given: false, sasl: undefined, tls: undefined },
        'sluice-stack',
      );
      try {
        const { brokers } = await cluster.metadata([], 'Looking for the brokers');
        return brokers.has(node);
      } catch {
        return false;
      } finally {
        await cluster.close();
      }
    },
  };
}

/** The three nodes must agree on the cluster's id, whichever is prepared first: it is there whole, or not at all. */
async function clusterId(settings: Settings): Promise<string> {
  const file = join(settings.home, 'kafka', 'cluster-id');
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, newClusterId());
  await link(draft, file).catch(() => undefined);
  await rm(draft);
  return readFile(file, 'utf8');
}

/** 16 bytes in base64url, as `kafka-storage format` takes them: it would take one that begins with `-` for an option. */
export function newClusterId(random: Buffer = randomBytes(16)): string {
  const bytes = Buffer.from(random);
  bytes[0] = bytes.readUInt8(0) & 0x7f;
  return bytes.toString('base64url');
}

function propertiesOf(settings: Settings, node: number, folder: string): string {
  const { kafka, kafkaController } = settings.ports;
  const broker = `127.0.0.1:${kafka + node - 1}`;
  const voters = NODES.map((voter) => `${voter}@127.0.0.1:${kafkaController + voter - 1}`).join(',');
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': node,
    'controller.quorum.voters': voters,
    listeners: `BROKER://${broker},CONTROLLER://127.0.0.1:${kafkaController + node - 1}`,
    'advertised.listeners': `BROKER://${broker}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'),
    'num.network.threads': 2,
    'num.io.threads': 4,
    'auto.create.topics.enable': false,
    'default.replication.factor': 3,
    'min.insync.replicas': 2,
    'offsets.topic.replication.factor': 3,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 3,
    'transaction.state.log.min.isr': 2,
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': 3,
    'share.coordinator.state.topic.min.isr': 2,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'log.retention.bytes': RETENTION_BYTES,
    'log.segment.bytes': SEGMENT_BYTES,
    'broker.session.timeout.ms': SESSION_TIMEOUT_MS,
    'broker.heartbeat.interval.ms': SESSION_TIMEOUT_MS / 6,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
