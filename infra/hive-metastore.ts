import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { fetchJars, type JarSource, jdkProgram, Jvm } from './java.ts';
import { log4jProperties } from './log4j.ts';

export const METASTORE_JARS: JarSource = {
  name: 'metastore',
  pom: fileURLToPath(new URL('metastore/pom.xml', import.meta.url)),
  sources: [fileURLToPath(new URL('metastore/LoopbackMetastore.java', import.meta.url))],
};
const OPENED_PACKAGES = [
  'java.base/java.lang',
  'java.base/java.util',
  'java.base/java.net',
  'java.base/java.io',
  'java.base/java.nio',
  'java.base/java.util.concurrent',
  'java.base/java.lang.reflect',
  'java.sql/java.sql',
];

/** Hive Metastore 2.3.10 with an embedded Derby database. */
export function hiveMetastore(settings: Settings): Component {
  const port = settings.ports.metastore;
  const folder = join(settings.home, 'metastore');
  const logging = join(folder, 'log4j2.properties');
  const database = join(folder, 'database');
  /** There since the database was whole for the first time. */
  const whole = join(folder, 'database-is-whole');
  let jvm: Jvm;
  return {
    name: 'metastore',
    needs: [],
    // It looks whether a LOCATION is there.
    uses: ['hdfs-datanode'],
    ports: [{ port, variable: 'SLUICE_PORT_METASTORE' }],
    startLimitMs: 90_000,
    stopLimitMs: 20_000,
    async prepare(progress, signal) {
      const log = join(settings.home, 'logs', 'metastore-setup.log');
      const { cacheFolder } = settings;
      jvm = new Jvm(await fetchJars(METASTORE_JARS, { cacheFolder, log, progress, signal }), cacheFolder);
      await mkdir(join(folder, 'tmp'), { recursive: true });
      // Derby can't go on with a database whose creation was interrupted; nobody has put anything into it yet.
      if (!existsSync(whole)) await rm(database, { recursive: true, force: true });
      await writeFile(logging, log4jProperties());
    },
    command: () => ({
      file: jdkProgram('java'),
      folder,
      args: [
        ...jvm.args(
          'LoopbackMetastore',
          [...flagsOf(settings, folder, database), `-Dlog4j.configurationFile=${logging}`],
          true,
        ),
        '127.0.0.1',
        String(port),
      ],
    }),
    stopped: () => jvm.keepArchive(),
    async isReady() {
      const metastore = new HiveMetastore({ endpoints: [{ host: '127.0.0.1', port }] });
      try {
        const ready = (await metastore.getDatabase('default')) !== undefined;
        if (ready) await writeFile(whole, '');
        return ready;
      } catch {
        return false;
      } finally {
        metastore.close();
      }
    },
  };
}

function flagsOf(settings: Settings, folder: string, database: string): string[] {
  const properties = {
    'javax.jdo.option.ConnectionDriverName': 'org.apache.derby.jdbc.EmbeddedDriver',
    'javax.jdo.option.ConnectionURL': `jdbc:derby:;databaseName=${database};create=true`,
    'javax.jdo.option.ConnectionUserName': 'APP',
    'javax.jdo.option.ConnectionPassword': 'mine',
    // Where databases without a location of their own would lie: none of ours do.
    'hive.metastore.warehouse.dir': pathToFileURL(join(folder, 'warehouse')).href,
    'datanucleus.schema.autoCreateAll': 'true',
    'hive.metastore.schema.verification': 'false',
    'datanucleus.connectionPoolingType': 'BONECP',
    // Statistics would have the metastore list data directories.
    'hive.stats.autogather': 'false',
    'derby.stream.error.file': join(folder, 'derby.log'),
    'java.io.tmpdir': join(folder, 'tmp'),
    ...(settings.lakeUri.startsWith('s3:') ? s3aProperties(settings) : {}),
  };
  return [
    '-Xmx384m',
    ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
  ];
}

/**
 * How the metastore reaches S3: it looks whether a LOCATION is there before it takes it. (hadoop-aws 3.3, "General S3A
 * Client configuration".) Credentials come from where AWS's own tools look for them, as everybody's here do.
 */
function s3aProperties({ s3Endpoint, s3PathStyle }: Settings): Record<string, string> {
  return {
    'fs.s3a.aws.credentials.provider': 'com.amazonaws.auth.DefaultAWSCredentialsProviderChain',
    'fs.s3a.path.style.access': String(s3PathStyle),
    // Else it deletes the folders' empty objects above each folder that it makes.
    'fs.s3a.directory.marker.retention': 'keep',
    ...(s3Endpoint === undefined ? {} : { 'fs.s3a.endpoint': s3Endpoint }),
  };
}
