import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { fetchJars, jarFolder, jdkProgram } from './java.ts';
import { log4jProperties } from './log4j.ts';
import { isFree } from './ports.ts';
import { SPARK_JARS } from './spark-connect.ts';

const LOGGING = log4jProperties({ 'org.apache.spark.deploy': 'INFO' });
const FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m'];

export interface StandaloneOptions {
  /** Of the master. */
  readonly port: number;
  readonly workers: number;
}

/** A cluster of Spark's own: a master, and workers of one core each. It listens on this machine alone. */
export function sparkStandalone(
  settings: Pick<Settings, 'home' | 'cacheFolder'>,
  { port, workers }: StandaloneOptions,
): Component[] {
  const { home, cacheFolder } = settings;
  const folder = join(home, 'spark-cluster');
  const jars = jarFolder(SPARK_JARS, cacheFolder);
  const logging = join(folder, 'log4j2.properties');
  const master = `spark://127.0.0.1:${port}`;
  const part = (name: string, mainClass: string, args: readonly string[]): Component => ({
    name,
    needs: [],
    ports: [],
    startLimitMs: 60_000,
    stopLimitMs: 10_000,
    async prepare(progress, signal) {
      const log = join(home, 'logs', 'spark-setup.log');
      await fetchJars(SPARK_JARS, { cacheFolder, log, progress, signal });
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(logging, LOGGING);
      // Workers start executors from the home of a Spark: its jars are all that they take from there.
      await mkdir(join(folder, 'spark'), { recursive: true });
      await rm(join(folder, 'spark', 'jars'), { force: true });
      await symlink(jars, join(folder, 'spark', 'jars'));
    },
    command: () => ({
      file: jdkProgram('java'),
      folder: join(folder, name),
      args: [
        ...FLAGS,
        '-Dspark.master.rest.enabled=false',
        `-Dlog4j2.configurationFile=${logging}`,
        '-cp',
        `${jars}/*`,
        mainClass,
        ...args,
      ],
      environment: {
        SPARK_HOME: join(folder, 'spark'),
        SPARK_SCALA_VERSION: '2.13',
        SPARK_LOCAL_IP: '127.0.0.1',
        SPARK_LOCAL_DIRS: join(folder, name, 'local'),
      },
    }),
    async isReady(logTail) {
      if (name !== 'spark-master') return logTail.includes('Successfully registered with master');
      return !(await isFree(port));
    },
  });
  return [
    part('spark-master', 'org.apache.spark.deploy.master.Master', [
      ...['--host', '127.0.0.1', '--port', String(port), '--webui-port', '0'],
    ]),
    ...Array.from({ length: workers }, (_, index) =>
      part(`spark-worker-${index + 1}`, 'org.apache.spark.deploy.worker.Worker', [
        ...['--host', '127.0.0.1', '--webui-port', '0', '--cores', '1', '--memory', '1g'],
        ...['--work-dir', join(folder, `spark-worker-${index + 1}`, 'work'), master],
      ]),
    ),
  ];
}
