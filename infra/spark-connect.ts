import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConnectClient } from '../engines/spark/connect-client.ts';
import { ConnectSession } from '../engines/spark/connect-session.ts';
import { asProperties, loginSecrets } from '../kafka/java-client-login.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { fetchJars, type JarSource, jdkProgram, Jvm } from './java.ts';
import { log4jProperties } from './log4j.ts';
import { unpackProtocol } from './spark-protocol.ts';

export const SPARK_JARS: JarSource = {
  name: 'spark',
  pom: fileURLToPath(new URL('spark/pom.xml', import.meta.url)),
  sources: [],
};

/** Together with what the JVM needs beside them below 2 GiB. */
const MEMORY = [
  '-Xms256m',
  '-Xmx1g',
  '-XX:MaxMetaspaceSize=320m',
  '-XX:MaxDirectMemorySize=256m',
  '-XX:ReservedCodeCacheSize=160m',
];
/** Spark generates code for each query, which only pays once it is compiled well. */
const COMPILER = ['-XX:TieredStopAtLevel=4'];
/** What Spark itself opens (`org.apache.spark.launcher.JavaModuleOptions`). */
export const OPENED_PACKAGES = [
  ...[
    'lang',
    'lang.invoke',
    'lang.reflect',
    'io',
    'net',
    'nio',
    'util',
    'util.concurrent',
    'util.concurrent.atomic',
  ].map((name) => `java.base/java.${name}`),
  ...['nio.ch', 'nio.cs', 'security.action', 'util.calendar'].map((name) => `java.base/sun.${name}`),
  'java.security.jgss/sun.security.krb5',
];

/** How long an operation that nobody follows is kept for who joins it: longer than a worker takes to come back. */
const KEPT_DETACHED = '10m';

/** A Spark Connect server with its executor in the same process. It listens on this machine alone. */
export function sparkConnect(settings: Settings): Component {
  const { home, cacheFolder, spark, kafka } = settings;
  const folder = join(home, 'spark');
  const logging = join(folder, 'log4j2.properties');
  let jvm: Jvm;
  return {
    name: 'spark',
    needs: [],
    ports: [{ port: settings.ports.spark, variable: 'SLUICE_PORT_SPARK' }],
    startLimitMs: 180_000,
    stopLimitMs: 20_000,
    async prepare(progress, signal) {
      const log = join(home, 'logs', 'spark-setup.log');
      const jars = await fetchJars(SPARK_JARS, { cacheFolder, log, progress, signal });
      await unpackProtocol(jars, settings, { log, signal });
      jvm = new Jvm(jars, cacheFolder);
      await mkdir(join(folder, 'tmp'), { recursive: true });
      await writeFile(logging, log4jProperties());
      const secrets = loginSecrets(kafka);
      const file = spark.kafkaPropertiesFile;
      if (file === undefined || Object.keys(secrets).length === 0) return;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, asProperties(secrets), { mode: 0o600 });
    },
    command: () => ({
      file: jdkProgram('java'),
      folder,
      args: jvm.args(
        'org.apache.spark.sql.connect.service.SparkConnectServer',
        flagsOf(settings, folder, logging),
        true,
      ),
    }),
    stopped: () => jvm.keepArchive(),
    async isReady() {
      const client = new ConnectClient(spark);
      const session = new ConnectSession(client, crypto.randomUUID());
      try {
        await session.configure({}, AbortSignal.timeout(2_000));
        await session.release();
        return true;
      } catch {
        return false;
      } finally {
        client.close();
      }
    },
  };
}

function flagsOf(settings: Settings, folder: string, logging: string): string[] {
  const properties = {
    'log4j2.configurationFile': logging,
    'java.io.tmpdir': join(folder, 'tmp'),
    'io.netty.tryReflectionSetAccessible': 'true',
    'jdk.reflect.useDirectMethodHandle': 'false',
    'spark.master': 'local[*]',
    'spark.app.name': 'sluice',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    'spark.local.dir': join(folder, 'tmp'),
    'spark.sql.warehouse.dir': join(folder, 'warehouse'),
    'spark.sql.shuffle.partitions': '2',
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(settings.ports.spark),
    'spark.connect.execute.manager.detachedTimeout': KEPT_DETACHED,
  };
  return [
    ...MEMORY,
    ...COMPILER,
    ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
  ];
}
