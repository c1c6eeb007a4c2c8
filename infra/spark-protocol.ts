import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Settings } from '../settings/settings.ts';
import { SPARK_VERSION } from '../settings/spark-settings.ts';
import { inCache } from './cache.ts';
import type { Progress, Task } from './component.ts';
import { fetchJars, type JarSource, jdkProgram } from './java.ts';
import { runTool } from './run-tool.ts';

const CONNECT_JAR = `spark-connect_2.13-${SPARK_VERSION}.jar`;
const PROTOCOL_JAR: JarSource = {
  name: 'spark-protocol',
  pom: fileURLToPath(new URL('spark/protocol-pom.xml', import.meta.url)),
  sources: [],
};

/** Fetches the protocol of a Spark Connect server that is given. */
export function sparkProtocol(settings: Settings, progress: Progress): Task {
  return {
    name: 'spark-protocol',
    needs: [],
    async run() {
      const log = join(settings.home, 'logs', 'spark-setup.log');
      if (existsSync(settings.spark.protocolFolder)) return;
      const jars = await fetchJars(PROTOCOL_JAR, { cacheFolder: settings.cacheFolder, log, progress });
      await unpackProtocol(jars, settings, { log });
    },
  };
}

/** Takes the protocol's files out of the connect jar, once. */
export async function unpackProtocol(
  jars: string,
  { spark }: Settings,
  options: { readonly log: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (existsSync(spark.protocolFolder)) return;
  const make = async (temporary: string): Promise<string> => {
    const jar = ['--extract', '--file', join(jars, CONNECT_JAR), 'spark/connect'];
    await runTool(jdkProgram('jar'), jar, { ...options, folder: temporary });
    return temporary;
  };
  await inCache(spark.protocolFolder, make, options.signal);
}
