import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HiveMetastore } from '../lake/hive/metastore.ts';
import type { Settings } from '../settings/settings.ts';
import type { Component } from './component.ts';
import { mavenJars } from './maven.ts';

const POM = fileURLToPath(new URL('metastore/pom.xml', import.meta.url));
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

const LOGGING = `status=ERROR
appender.console.name=STDOUT
appender.console.type=Console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %5p [%t] %c{2}: %m%n
rootLogger.level=INFO
rootLogger.appenderRefs=stdout
rootLogger.appenderRef.stdout.ref=STDOUT
`;

/** Hive Metastore 2.3.10 with an embedded Derby database. */
export function hiveMetastore(settings: Settings): Component {
  const port = settings.ports.metastore;
  const folder = join(settings.home, 'metastore');
  let jars = '';
  return {
    name: 'metastore',
    ports: [{ port, variable: 'SLUICE_PORT_METASTORE' }],
    startLimitMs: 90_000,
    stopLimitMs: 10_000,
    async prepare(progress) {
      const log = join(settings.home, 'logs', 'metastore-setup.log');
      jars = await mavenJars(POM, { name: 'metastore', cacheFolder: settings.cacheFolder, log, progress });
      await mkdir(join(folder, 'conf'), { recursive: true });
      await mkdir(join(folder, 'tmp'), { recursive: true });
      await writeFile(join(folder, 'conf', 'hive-site.xml'), siteOf(settings, folder));
      await writeFile(join(folder, 'conf', 'log4j2.properties'), LOGGING);
      await writeFile(join(folder, 'conf', 'hive-log4j2.properties'), LOGGING);
    },
    command: () => ({
      file: 'java',
      folder,
      args: [
        ...['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'],
        ...OPENED_PACKAGES.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
        `-Dlog4j.configurationFile=${join(folder, 'conf', 'log4j2.properties')}`,
        `-Dderby.stream.error.file=${join(folder, 'derby.log')}`,
        `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
        ...[
          '-cp',
          `${join(folder, 'conf')}:${jars}/*`,
          'org.apache.hadoop.hive.metastore.HiveMetaStore',
          '-p',
          String(port),
        ],
      ],
    }),
    async isReady() {
      const metastore = new HiveMetastore({ endpoints: [{ host: '127.0.0.1', port }] });
      try {
        return (await metastore.getDatabase('default')) !== undefined;
      } catch {
        return false;
      } finally {
        metastore.close();
      }
    },
  };
}

function siteOf(settings: Settings, folder: string): string {
  const properties = {
    'javax.jdo.option.ConnectionDriverName': 'org.apache.derby.jdbc.EmbeddedDriver',
    'javax.jdo.option.ConnectionURL': `jdbc:derby:;databaseName=${join(folder, 'database')};create=true`,
    'javax.jdo.option.ConnectionUserName': 'APP',
    'javax.jdo.option.ConnectionPassword': 'mine',
    'hive.metastore.warehouse.dir': `${settings.lakeUri}/warehouse`,
    'datanucleus.schema.autoCreateAll': 'true',
    'hive.metastore.schema.verification': 'false',
    'datanucleus.connectionPoolingType': 'BONECP',
    // Statistics would have the metastore list data directories.
    'hive.stats.autogather': 'false',
  };
  const lines = Object.entries(properties).map(
    ([name, value]) => `  <property><name>${name}</name><value>${value.replaceAll('&', '&amp;')}</value></property>`,
  );
  return `<configuration>\n${lines.join('\n')}\n</configuration>\n`;
}
