import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { findOnPath } from './executables.ts';
import { fetchJars, type JarSource, jarFolder, jdkProgram } from './java.ts';

export const YARN_JARS: JarSource = {
  name: 'yarn',
  pom: fileURLToPath(new URL('yarn/pom.xml', import.meta.url)),
  sources: [],
};
const FLAGS = [
  ...['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Djava.net.preferIPv4Stack=true'],
  ...['java.lang', 'java.util', 'java.io', 'java.net', 'java.util.concurrent'].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
];
const LOGGING = `log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p [%t] %c{2}: %m%n
`;
const PORTS_NEEDED = 8;
/** What containers may take of this machine together. */
const NODE_MEMORY_MIB = 4_096;
const NODE_CORES = 4;

/** Where its configuration lies, for who has it run something. */
export function yarnConfiguration({ home }: Pick<Settings, 'home'>): string {
  return join(home, 'yarn', 'conf');
}

/** A ResourceManager and a NodeManager, 3.4.1, on this machine alone. @param firstPort of eight in a row */
export function yarn(settings: Pick<Settings, 'home' | 'cacheFolder'>, firstPort: number): Component[] {
  const { home, cacheFolder } = settings;
  const folder = join(home, 'yarn');
  const configuration = yarnConfiguration(settings);
  const jars = jarFolder(YARN_JARS, cacheFolder);
  const [rpc, scheduler, tracker, admin, web, node, localizer, nodeWeb] = Array.from(
    { length: PORTS_NEEDED },
    (_, index) => `127.0.0.1:${firstPort + index}`,
  );
  const site = {
    'yarn.resourcemanager.address': rpc,
    'yarn.resourcemanager.scheduler.address': scheduler,
    'yarn.resourcemanager.resource-tracker.address': tracker,
    'yarn.resourcemanager.admin.address': admin,
    'yarn.resourcemanager.webapp.address': web,
    'yarn.nodemanager.address': node,
    'yarn.nodemanager.localizer.address': localizer,
    'yarn.nodemanager.webapp.address': nodeWeb,
    'yarn.nodemanager.hostname': '127.0.0.1',
    'yarn.nodemanager.local-dirs': join(folder, 'local'),
    'yarn.nodemanager.log-dirs': join(folder, 'logs'),
    'yarn.nodemanager.resource.memory-mb': String(NODE_MEMORY_MIB),
    'yarn.nodemanager.resource.cpu-vcores': String(NODE_CORES),
    'yarn.nodemanager.vmem-check-enabled': 'false',
    // A disk that is nearly full is this machine's own affair.
    'yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage': '100',
    'yarn.scheduler.minimum-allocation-mb': '256',
  };
  const scheduling = {
    'yarn.scheduler.capacity.root.queues': 'default',
    'yarn.scheduler.capacity.root.default.capacity': '100',
    'yarn.scheduler.capacity.maximum-am-resource-percent': '0.8',
  };
  const part = (name: string, mainClass: string, isReady: Component['isReady']): Component => ({
    name,
    needs: [],
    ports: [],
    startLimitMs: 90_000,
    stopLimitMs: 20_000,
    async prepare(progress, signal) {
      const log = join(home, 'logs', 'yarn-setup.log');
      await fetchJars(YARN_JARS, { cacheFolder, log, progress, signal });
      await mkdir(configuration, { recursive: true });
      await writeFile(join(configuration, 'yarn-site.xml'), asXml(site));
      await writeFile(join(configuration, 'capacity-scheduler.xml'), asXml(scheduling));
      const core = { 'fs.defaultFS': 'file:///', 'hadoop.tmp.dir': join(folder, 'tmp') };
      await writeFile(join(configuration, 'core-site.xml'), asXml(core));
      await writeFile(join(configuration, 'log4j.properties'), LOGGING);
    },
    command: () => ({
      file: jdkProgram('java'),
      folder,
      args: [...FLAGS, `-Dhadoop.home.dir=${folder}`, '-cp', `${configuration}:${jars}/*`, mainClass],
      // Containers are started with the Java of the NodeManager's environment.
      environment: { HADOOP_HOME: folder, HADOOP_CONF_DIR: configuration, JAVA_HOME: javaHome() },
    }),
    isReady,
  });
  return [
    part('yarn-resources', 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager', () =>
      says(`http://${web ?? ''}/ws/v1/cluster/info`, /"state":"STARTED"/),
    ),
    part('yarn-node', 'org.apache.hadoop.yarn.server.nodemanager.NodeManager', () =>
      says(`http://${web ?? ''}/ws/v1/cluster/metrics`, /"activeNodes":[1-9]/),
    ),
  ];
}

async function says(url: string, pattern: RegExp): Promise<boolean> {
  try {
    return pattern.test(await (await fetch(url, { headers: { accept: 'application/json' } })).text());
  } catch {
    return false;
  }
}

function asXml(values: Readonly<Record<string, string | undefined>>): string {
  const properties = Object.entries(values).map(
    ([name, value = '']) => `  <property><name>${name}</name><value>${value}</value></property>\n`,
  );
  return `<configuration>\n${properties.join('')}</configuration>\n`;
}

function javaHome(): string {
  const home = process.env['JAVA_HOME'];
  if (home) return home;
  return dirname(dirname(realpathSync(findOnPath('java') ?? '/')));
}
