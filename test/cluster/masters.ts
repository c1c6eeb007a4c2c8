import { fileURLToPath } from 'node:url';
import { fetchJars, jarFolder, type JarSource } from '../../infra/java.ts';
import { SPARK_JARS } from '../../infra/spark-connect.ts';
import { sparkStandalone } from '../../infra/spark-standalone.ts';
import { yarn, yarnConfiguration } from '../../infra/yarn.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Master } from './cluster-spark.ts';

const SPARK_YARN_JARS: JarSource = {
  name: 'spark-yarn',
  pom: fileURLToPath(new URL('../../infra/spark/yarn-pom.xml', import.meta.url)),
  sources: [],
};

/** No cluster at all: the server is its own executor, with a core for the rows and one for the archive. */
export function localMaster(): Promise<Master> {
  return Promise.resolve({
    components: [],
    properties: { 'spark.master': 'local[2]' },
    classPath: [],
    environment: {},
  });
}

/** One master and two workers of one core each, as docs/engines.md configures them. */
export function standaloneMaster(settings: Settings, port: number): Promise<Master> {
  return Promise.resolve({
    components: sparkStandalone(settings, { port, workers: 2 }),
    properties: { 'spark.master': `spark://127.0.0.1:${port}`, 'spark.executor.cores': '1' },
    classPath: [],
    environment: {},
  });
}

/** A ResourceManager and a NodeManager, with two executors, as docs/engines.md configures them. */
export async function yarnMaster(settings: Settings, firstPort: number): Promise<Master> {
  const { cacheFolder, home } = settings;
  const options = { cacheFolder, log: `${home}/logs/spark-setup.log`, progress: () => undefined };
  const jars = await fetchJars(SPARK_YARN_JARS, options);
  const configuration = yarnConfiguration(settings);
  return {
    components: yarn(settings, firstPort),
    properties: {
      'spark.master': 'yarn',
      'spark.submit.deployMode': 'client',
      'spark.executor.instances': '2',
      'spark.executor.cores': '1',
      'spark.yarn.am.memory': '256m',
      // The same place on every machine.
      'spark.yarn.jars': [jarFolder(SPARK_JARS, cacheFolder), jars].map((folder) => `local:${folder}/*`).join(','),
      'spark.yarn.populateHadoopClasspath': 'false',
      'spark.yarn.stagingDir': `file://${home}/staging`,
    },
    classPath: [configuration, `${jars}/*`],
    environment: { HADOOP_CONF_DIR: configuration },
  };
}
