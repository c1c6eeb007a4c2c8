import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { hdfsPortsFrom } from '../settings/hdfs-settings.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component, Progress } from './component.ts';
import { fetchJars, type JarSource, jdkProgram, Jvm } from './java.ts';
import { runTool } from './run-tool.ts';

export const HDFS_JARS: JarSource = {
  name: 'hdfs',
  pom: fileURLToPath(new URL('hdfs/pom.xml', import.meta.url)),
  sources: [],
};

const NAME_NODE = 'org.apache.hadoop.hdfs.server.namenode.NameNode';
const DATA_NODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode';
const VARIABLE = 'SLUICE_PORT_HDFS';
const ANSWER_LIMIT_MS = 2_000;

const LOGGING = `log4j.rootLogger=WARN,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c{1}: %m%n
`;

type HdfsHome = Pick<Settings, 'home' | 'cacheFolder' | 'ports'>;

/** HDFS 3.4.1: a NameNode, and one DataNode that keeps every block once. They listen on this machine alone. */
export function hdfs(settings: HdfsHome): readonly [nameNode: Component, dataNode: Component] {
  const { home, cacheFolder, ports } = settings;
  const { nameNode, webHdfs, dataTransfer, dataNodeWeb, dataNode } = hdfsPortsFrom(ports.hdfs);
  const folder = join(home, 'hdfs');
  const port = (number: number): Component['ports'][number] => ({ port: number, variable: VARIABLE });
  const limits = { startLimitMs: 90_000, stopLimitMs: 30_000 };
  let jvm: Jvm;
  const argsOf = (mainClass: string, archives: boolean, args: readonly string[] = []): string[] => [
    ...jvm.args(mainClass, flagsOf(folder), archives),
    ...propertiesOf(folder, settings),
    ...args,
  ];
  const prepare = async (progress: Progress, signal?: AbortSignal): Promise<void> => {
    const log = join(home, 'logs', 'hdfs-setup.log');
    jvm = new Jvm(await fetchJars(HDFS_JARS, { cacheFolder, log, progress, signal }), cacheFolder);
    await mkdir(join(folder, 'tmp'), { recursive: true });
    await writeFile(join(folder, 'log4j.properties'), LOGGING);
  };
  return [
    {
      name: 'hdfs-namenode',
      needs: [],
      ports: [port(nameNode), port(webHdfs)],
      ...limits,
      async prepare(progress, signal) {
        await prepare(progress, signal);
        const format = argsOf(NAME_NODE, false, ['-format', '-nonInteractive']);
        await formatOnce(folder, () =>
          runTool(jdkProgram('java'), format, { log: join(home, 'logs', 'hdfs-format.log'), signal }),
        );
      },
      command: () => ({ file: jdkProgram('java'), folder, args: argsOf(NAME_NODE, true) }),
      stopped: () => jvm.keepArchive(),
      isReady: async () => (await nameSystem(webHdfs)) !== undefined,
    },
    {
      name: 'hdfs-datanode',
      needs: ['hdfs-namenode'],
      ports: [port(dataTransfer), port(dataNodeWeb), port(dataNode)],
      ...limits,
      prepare,
      command: () => ({ file: jdkProgram('java'), folder, args: argsOf(DATA_NODE, false) }),
      async isReady() {
        const system = await nameSystem(webHdfs);
        return system?.FSState === 'Operational' && system.NumLiveDataNodes > 0 && (await answers(dataNodeWeb));
      },
    },
  ];
}

/** Makes an empty file system, unless one was made to the end before: nobody has written into one that was not. */
async function formatOnce(folder: string, format: () => Promise<void>): Promise<void> {
  const whole = join(folder, 'formatted');
  if (existsSync(whole)) return;
  for (const part of ['name', 'data']) await rm(join(folder, part), { recursive: true, force: true });
  await format();
  await writeFile(whole, '');
}

function flagsOf(folder: string): string[] {
  return [
    '-Xmx256m',
    // For the JAXB that its REST server comes with.
    '--add-opens=java.base/java.lang=ALL-UNNAMED',
    '-Djava.net.preferIPv4Stack=true',
    `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
    `-Dlog4j.configuration=${pathToFileURL(join(folder, 'log4j.properties')).href}`,
  ];
}

/** hdfs-default.xml and core-default.xml of Hadoop 3.4.1, as far as they are not right for one machine. */
function propertiesOf(folder: string, { ports }: HdfsHome): string[] {
  const { nameNode, webHdfs, dataTransfer, dataNodeWeb, dataNode } = hdfsPortsFrom(ports.hdfs);
  const properties = {
    'fs.defaultFS': `hdfs://127.0.0.1:${nameNode}`,
    'hadoop.tmp.dir': join(folder, 'tmp'),
    'dfs.namenode.name.dir': pathToFileURL(join(folder, 'name')).href,
    'dfs.datanode.data.dir': pathToFileURL(join(folder, 'data')).href,
    'dfs.namenode.rpc-bind-host': '127.0.0.1',
    'dfs.namenode.http-address': `127.0.0.1:${webHdfs}`,
    'dfs.datanode.address': `127.0.0.1:${dataTransfer}`,
    'dfs.datanode.http.address': `127.0.0.1:${dataNodeWeb}`,
    'dfs.datanode.ipc.address': `127.0.0.1:${dataNode}`,
    'dfs.datanode.hostname': '127.0.0.1',
    'dfs.replication': '1',
    // One DataNode that has reported is all there will be.
    'dfs.namenode.safemode.extension': '0',
    // Names a page of a listing: so few that tests see several pages.
    'dfs.ls.limit': '250',
    // How soon a writer asks again whether its last block has been reported. The default, 400 ms, is most of what a small file takes.
    'dfs.client.block.write.locateFollowingBlock.initial.delay.ms': '10',
    'dfs.client.block.write.locateFollowingBlock.retries': '10',
  };
  return Object.entries(properties).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
}

interface NameSystem {
  readonly FSState: string;
  readonly NumLiveDataNodes: number;
}

/** What a NameNode says of itself; undefined where it does not answer. */
async function nameSystem(port: number): Promise<NameSystem | undefined> {
  try {
    const query = 'qry=Hadoop:service=NameNode,name=FSNamesystemState';
    const answer = await fetch(`http://127.0.0.1:${port}/jmx?${query}`, {
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
    return ((await answer.json()) as { beans: readonly NameSystem[] }).beans[0];
  } catch {
    return undefined;
  }
}

async function answers(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
  return fetch(`http://127.0.0.1:${port}/jmx?qry=none`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}
