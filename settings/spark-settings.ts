import { type Environment, invalid, secretOf } from './environment.ts';

/** How to reach Spark Connect, for the tables whose engine it is. */
export interface SparkSettings {
  /** host:port */
  readonly address: string;
  /** Whether the operator named it: then none is started here. */
  readonly given: boolean;
  readonly tls: boolean;
  readonly token: string | undefined;
  /** Where the protocol's files lie, out of the connect jar. */
  readonly protocolFolder: string;
  /** A properties file, read by Spark's own processes, with what their Kafka clients log in with. */
  readonly kafkaPropertiesFile: string | undefined;
}

/** Version of the Spark that is started here, and of the protocol that is spoken to any. */
export const SPARK_VERSION = '4.2.0';
const DEFAULT_PORT = 15_002;

/** `SPARK_REMOTE` as Spark's own clients take it: `sc://host:port/;use_ssl=true;token=…`. */
export function sparkSettings(
  env: Environment,
  folders: { readonly home: string; readonly cache: string },
  port: number,
): SparkSettings {
  const protocolFolder = `${folders.cache}/spark-protocol-${SPARK_VERSION}`;
  const remote = env['SPARK_REMOTE'];
  if (!remote) {
    const local = { address: `127.0.0.1:${port}`, given: false, tls: false, token: undefined };
    return { ...local, protocolFolder, kafkaPropertiesFile: `${folders.home}/spark/kafka.properties` };
  }
  const match = /^sc:\/\/([^:/;]+)(?::(\d+))?\/?(?:;(.*))?$/.exec(remote);
  // The value is not repeated: it may hold a token.
  if (!match?.[1]) throw invalid('SPARK_REMOTE', 'it is not sc://host:port, with parameters after /;');
  const parameters = new URLSearchParams((match[3] ?? '').replaceAll(';', '&'));
  const token = parameters.get('token') ?? secretOf(env, 'SLUICE_SPARK_TOKEN');
  return {
    address: `${match[1]}:${match[2] ?? DEFAULT_PORT}`,
    given: true,
    tls: token !== undefined || parameters.get('use_ssl') === 'true',
    token,
    protocolFolder,
    kafkaPropertiesFile: env['SLUICE_SPARK_KAFKA_PROPERTIES'] || undefined,
  };
}
