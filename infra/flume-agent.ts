import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asProperties, loginOptions, loginSecrets } from '../kafka/java-client-login.ts';
import type { KafkaSettings, Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { fetchJars, type JarSource, jdkProgram, Jvm } from './java.ts';
import { log4jProperties } from './log4j.ts';

export const FLUME_JARS: JarSource = {
  name: 'flume',
  pom: fileURLToPath(new URL('flume/pom.xml', import.meta.url)),
  sources: [],
};
const PROJECT = fileURLToPath(new URL('../', import.meta.url));
const CONFIGURATION = fileURLToPath(new URL('../collectors/flume/agent.properties', import.meta.url));
/** The agent's name in its configuration. */
const AGENT = 'sluice';
const MEMORY = ['-Xms64m', '-Xmx192m', '-XX:MaxDirectMemorySize=64m'];
/** What it says when it has started, in any order. */
const STARTED = ['CHANNEL, name: disk started', 'SINK, name: kafka started', 'SOURCE, name: health started'];

const LOGGING = log4jProperties({ 'org.apache.flume': 'INFO', 'org.apache.flume.conf': 'ERROR' });

/** An Apache Flume agent that collects what Sluice's own collector does. It listens on no port. */
export function flumeAgent(
  settings: Settings,
  options: { readonly topic: string; readonly simulatedServers: number },
): Component {
  const { home, cacheFolder, kafka } = settings;
  const folder = join(home, 'flume');
  const configuration = join(folder, 'agent.properties');
  const login = join(folder, 'kafka.properties');
  const logging = join(folder, 'log4j2.properties');
  let jvm: Jvm;
  return {
    name: 'flume',
    needs: ['topics'],
    ports: [],
    startLimitMs: 60_000,
    // While Kafka is away its producer would wait for ever; what is in the channel stays there when it is killed.
    stopLimitMs: 10_000,
    async prepare(progress, signal) {
      const log = join(home, 'logs', 'flume-setup.log');
      jvm = new Jvm(await fetchJars(FLUME_JARS, { cacheFolder, log, progress, signal }), cacheFolder);
      await mkdir(folder, { recursive: true });
      await writeFile(logging, LOGGING);
      await writeFile(login, asProperties(loginSecrets(kafka)), { mode: 0o600 });
      await writeFile(configuration, `${await readFile(CONFIGURATION, 'utf8')}${loginLines(kafka, login)}`);
    },
    command: () => ({
      file: jdkProgram('java'),
      folder: PROJECT,
      environment: {
        SLUICE_HOME: home,
        SLUICE_TOPIC: options.topic,
        SLUICE_COLLECTOR_OPTIONS: `--simulate ${options.simulatedServers}`,
        KAFKA_BROKERS: kafka.brokers.join(','),
        PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      },
      args: [
        ...jvm.args('org.apache.flume.node.Application', [...MEMORY, `-Dlog4j2.configurationFile=${logging}`], true),
        ...['--name', AGENT, '--conf-file', configuration, '--no-reload-conf'],
      ],
    }),
    stopped: () => jvm.keepArchive(),
    isReady: (logTail) => Promise.resolve(STARTED.every((text) => logTail.includes(text))),
  };
}

/** How the sink's producer logs in to Kafka. Secrets are in a file that it reads itself, and never in Flume's log. */
export function loginLines(kafka: Pick<KafkaSettings, 'sasl' | 'tls'>, file: string): string {
  const options = Object.entries(loginOptions(kafka, file)).map(
    // Flume would look up ${…} itself; doubled, the dollar sign is one of the value's.
    ([name, value]) => [`${AGENT}.sinks.kafka.kafka.producer.${name}`, value.replaceAll('${', () => '$${')] as const,
  );
  return asProperties(Object.fromEntries(options));
}
