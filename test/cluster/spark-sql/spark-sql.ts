import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { fetchJars, type JarSource, jdkProgram } from '../../../infra/java.ts';
import type { Settings } from '../../../settings/settings.ts';

const SPARK_SQL_JARS: JarSource = {
  name: 'spark-sql',
  pom: fileURLToPath(new URL('pom.xml', import.meta.url)),
  sources: [fileURLToPath(new URL('SparkSql.java', import.meta.url))],
};
/** What Spark itself opens of the JDK (`org.apache.spark.launcher.JavaModuleOptions`), as far as reading needs it. */
const OPENED_PACKAGES = ['java.lang', 'java.lang.invoke', 'java.io', 'java.net', 'java.nio', 'java.util', 'sun.nio.ch'];
const ROW = 'ROW ';

/** What Spark SQL 4.2.0 answers through its own Hive client, given nothing but the metastore's address. */
export async function sparkSql(settings: Settings, query: string): Promise<unknown[]> {
  const { cacheFolder, home, metastore } = settings;
  const log = join(home, 'logs', 'spark-sql-setup.log');
  const jars = await fetchJars(SPARK_SQL_JARS, { cacheFolder, log, progress: (line) => console.error(line) });
  const uris = metastore.endpoints.map(({ host, port }) => `thrift://${host}:${port}`).join();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const reader = spawn(
    jdkProgram('java'),
    [
      ...['-Xmx700m', '-XX:+UseSerialGC', '-Djava.net.preferIPv4Stack=true', `-Djava.io.tmpdir=${folder}`],
      ...OPENED_PACKAGES.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...['-cp', `${jars}/*`, 'SparkSql', uris, query],
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const [output, errors, code] = await Promise.all([
    text(reader.stdout),
    text(reader.stderr),
    new Promise<number | null>((resolve, reject) => {
      reader.once('error', reject);
      reader.once('exit', resolve);
    }),
  ]);
  rmSync(folder, { recursive: true });
  if (code !== 0)
    throw new Error(`Spark SQL failed: ${/^Exception[^]*/m.exec(errors)?.[0].slice(0, 3_000) ?? errors.slice(-3_000)}`);
  const rows = output.split('\n').filter((line) => line.startsWith(ROW));
  return rows.map((row) => JSON.parse(row.slice(ROW.length)) as unknown);
}
