import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type EngineName, ENGINES } from '../definition/table-definition.ts';
import { type DashboardSettings, dashboardSettings } from './dashboard-settings.ts';
import { type HdfsSettings, hdfsLakeUri, hdfsSettings } from './hdfs-settings.ts';
import { type LogLevel, logLevelOf, type MetricsSettings } from './metrics-settings.ts';
import { type Environment, invalid, portOf, readFileOf, secretOf } from './environment.ts';
import { plainFolder } from './plain-folder.ts';
import { type PayloadKey, payloadKeys } from './payload-keys.ts';
import { type SparkSettings, sparkSettings } from './spark-settings.ts';
import { type TracesSettings, tracesSettings } from './traces-settings.ts';

/** How to reach Kafka. `given` is true where the operator named the brokers: then none are started here. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly given: boolean;
  readonly sasl:
    | {
        readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  readonly tls:
    | {
        readonly ca?: string;
        readonly cert?: string;
        readonly key?: string;
        readonly rejectUnauthorized: boolean;
      }
    | undefined;
}

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly given: boolean;
  readonly tls: boolean;
  readonly apiKey: string | undefined;
  /** Encrypt what Temporal stores; none: it is stored in clear text. */
  readonly payloadKeys: readonly PayloadKey[];
  /** Base URL of the Temporal web UI, for links. */
  readonly uiUrl: string;
}

export interface MetastoreSettings {
  /** host and port of each metastore, in the order to try them. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  readonly given: boolean;
  /** How long one answer is waited for. */
  readonly callTimeoutMs: number;
}

/** First port of each local service; Kafka takes three in a row for brokers and three for controllers. */
export interface PortSettings {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly kafka: number;
  readonly kafkaController: number;
  readonly metastore: number;
  readonly dashboard: number;
  /** Of the ingesting worker's figures; the background worker's are on the next. */
  readonly metrics: number;
  readonly spark: number;
  /** The first of five in a row: see `hdfsPortsFrom`. */
  readonly hdfs: number;
}

/** Where the lake is, and how to work with it. Credentials, region and endpoint of S3 are AWS's own variables. */
export interface LakeSettings {
  /** Root of the lake as a URI, without a trailing slash: `file:`, `s3:` or `hdfs:`. */
  readonly lakeUri: string;
  /** Where files are put together or kept at hand, where the lake itself is not a file system. */
  readonly scratchFolder: string;
  /** How much of it readers may keep of the lake's files. */
  readonly readCacheBytes: number;
  /** S3's endpoint, where the environment names one; AWS's own files may name another. */
  readonly s3Endpoint: string | undefined;
  /** Whether S3's bucket is named in the path (`host/bucket/key`) and not in the host's name. */
  readonly s3PathStyle: boolean;
  /** Undefined where the lake is not in HDFS. */
  readonly hdfs: HdfsSettings | undefined;
}

/** Everything that comes from the environment, read once at a process's start. */
export interface Settings extends LakeSettings {
  /** Where state is kept: services' data, logs, pids and, by default, the lake. */
  readonly home: string;
  /** Downloads and builds, which may be shared between homes. */
  readonly cacheFolder: string;
  /** Folder of the tables' definition files. */
  readonly tablesFolder: string;
  readonly kafka: KafkaSettings;
  readonly temporal: TemporalSettings;
  readonly metastore: MetastoreSettings;
  readonly spark: SparkSettings;
  /** The engine of all new batches, whatever the tables' definitions say; undefined where these decide. */
  readonly engine: EngineName | undefined;
  readonly ports: PortSettings;
  readonly dashboard: DashboardSettings;
  readonly metrics: MetricsSettings;
  readonly traces: TracesSettings;
  /** What workers tell of at least. */
  readonly logLevel: LogLevel;
}

const DEFAULT_PORTS: PortSettings = {
  temporal: 7233,
  temporalUi: 8233,
  kafka: 19092,
  kafkaController: 19192,
  metastore: 9083,
  dashboard: 7400,
  metrics: 7401,
  spark: 15002,
  hdfs: 8020,
};

const DEFAULT_METASTORE_TIMEOUT_S = 60;

/** @throws SluiceError SETTINGS_INVALID, naming the variable. */
export function readSettings(env: Environment = process.env, projectFolder: string = process.cwd()): Settings {
  const home = homeOf(env, projectFolder);
  const ports: PortSettings = {
    temporal: portOf(env, 'SLUICE_PORT_TEMPORAL', DEFAULT_PORTS.temporal),
    temporalUi: portOf(env, 'SLUICE_PORT_TEMPORAL_UI', DEFAULT_PORTS.temporalUi),
    kafka: portOf(env, 'SLUICE_PORT_KAFKA', DEFAULT_PORTS.kafka),
    kafkaController: portOf(env, 'SLUICE_PORT_KAFKA_CONTROLLER', DEFAULT_PORTS.kafkaController),
    metastore: portOf(env, 'SLUICE_PORT_METASTORE', DEFAULT_PORTS.metastore),
    dashboard: portOf(env, 'SLUICE_PORT_DASHBOARD', DEFAULT_PORTS.dashboard),
    metrics: portOf(env, 'SLUICE_PORT_METRICS', DEFAULT_PORTS.metrics),
    spark: portOf(env, 'SLUICE_PORT_SPARK', DEFAULT_PORTS.spark),
    hdfs: portOf(env, 'SLUICE_PORT_HDFS', DEFAULT_PORTS.hdfs),
  };
  const lakeUri = lakeUriOf(env['SLUICE_LAKE'], home, ports.hdfs);
  const cacheFolder = resolve(projectFolder, env['SLUICE_CACHE'] ?? `${home}/cache`);
  return {
    home,
    cacheFolder,
    tablesFolder: resolve(projectFolder, env['SLUICE_TABLES'] ?? 'tables'),
    lakeUri,
    scratchFolder: plainFolder('SLUICE_SCRATCH', resolve(projectFolder, env['SLUICE_SCRATCH'] || `${home}/scratch`)),
    readCacheBytes: readCacheBytesOf(env),
    s3Endpoint: s3EndpointOf(env),
    s3PathStyle: pathStyleOf(env),
    hdfs: hdfsSettings(env, lakeUri, ports.hdfs),
    kafka: kafkaSettings(env, ports),
    temporal: temporalSettings(env, ports),
    metastore: metastoreSettings(env, ports),
    engine: engineOf(env),
    spark: sparkSettings(env, { home, cache: cacheFolder }, ports.spark),
    ports,
    metrics: { host: env['SLUICE_METRICS_HOST'] || '127.0.0.1', port: ports.metrics },
    traces: tracesSettings(env),
    logLevel: logLevelOf(env),
    dashboard: dashboardSettings(env, { home, project: projectFolder }, ports.dashboard),
  };
}

/** Folder of the stack's state. @throws SluiceError SETTINGS_INVALID */
export function homeOf(env: Environment, projectFolder: string = process.cwd()): string {
  return plainFolder('SLUICE_HOME', resolve(projectFolder, env['SLUICE_HOME'] ?? '.sluice'));
}

function engineOf(env: Environment): EngineName | undefined {
  const value = env['SLUICE_ENGINE'];
  if (!value) return undefined;
  const engine = ENGINES.find((name) => name === value);
  if (engine === undefined) throw invalid('SLUICE_ENGINE', `"${value}" is none of ${ENGINES.join(', ')}`);
  return engine;
}

function lakeUriOf(value: string | undefined, home: string, hdfsPort: number): string {
  if (value === undefined || value === '') return pathToFileURL(`${home}/lake`).href;
  const uri = (value.includes('://') ? value : pathToFileURL(resolve(value)).href).replace(/\/+$/, '');
  if (uri.startsWith('file://')) {
    plainFolder('SLUICE_LAKE', pathOf(uri));
    return uri;
  }
  const s3 = S3_LOCATION.exec(uri);
  if (s3 !== null) return `s3://${s3[1] ?? ''}`;
  const hdfs = hdfsLakeUri(uri, hdfsPort);
  if (hdfs !== undefined) return hdfs;
  // The value is not repeated: someone may have put credentials into it.
  throw invalid(
    'SLUICE_LAKE',
    'it is neither a folder, nor file:///folder, nor s3://bucket/prefix, nor hdfs://host:port/folder, nor hdfs:///folder',
  );
}

function pathOf(fileUri: string): string {
  try {
    return fileURLToPath(fileUri);
  } catch {
    throw invalid('SLUICE_LAKE', 'it is no file:///folder of this machine');
  }
}

/** Bucket and prefix; names that every client writes alike into a URL. */
const S3_LOCATION = /^s3a?:\/\/([a-z0-9][a-z0-9.-]+[a-z0-9](\/(?!\.{1,2}(\/|$))[\w.=-]+)*)$/;

function s3EndpointOf(env: Environment): string | undefined {
  return env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined;
}

/** A server of one's own is mostly reached by one name, Amazon's by one for each bucket. */
function pathStyleOf(env: Environment): boolean {
  const value = env['SLUICE_S3_PATH_STYLE'];
  if (!value) return s3EndpointOf(env) !== undefined;
  if (value !== 'true' && value !== 'false') throw invalid('SLUICE_S3_PATH_STYLE', `"${value}" is not true or false`);
  return value === 'true';
}

const DEFAULT_READ_CACHE_GIB = 4;

function readCacheBytesOf(env: Environment): number {
  const gib = Number(env['SLUICE_READ_CACHE_GIB'] || DEFAULT_READ_CACHE_GIB);
  if (!(gib > 0 && gib < Infinity)) throw invalid('SLUICE_READ_CACHE_GIB', 'it is not a number of GiB');
  return Math.floor(gib * 1024 ** 3);
}

function kafkaSettings(env: Environment, ports: PortSettings): KafkaSettings {
  const given = env['KAFKA_BROKERS'];
  const brokers = given
    ? given.split(',').map((broker) => broker.trim())
    : [0, 1, 2].map((index) => `127.0.0.1:${ports.kafka + index}`);
  for (const broker of brokers) {
    if (!/^.+:\d+$/.test(broker)) throw invalid('KAFKA_BROKERS', `"${broker}" is not host:port`);
  }
  return { brokers, given: Boolean(given), sasl: saslSettings(env), tls: tlsSettings(env) };
}

function saslSettings(env: Environment): KafkaSettings['sasl'] {
  const mechanism = env['KAFKA_SASL_MECHANISM'];
  if (!mechanism) return undefined;
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
    throw invalid('KAFKA_SASL_MECHANISM', `"${mechanism}" is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512`);
  }
  const username = env['KAFKA_SASL_USERNAME'];
  const password = secretOf(env, 'KAFKA_SASL_PASSWORD');
  if (!username) throw invalid('KAFKA_SASL_USERNAME', 'it is needed with KAFKA_SASL_MECHANISM');
  if (!password)
    throw invalid('KAFKA_SASL_PASSWORD', 'it, or KAFKA_SASL_PASSWORD_FILE, is needed with KAFKA_SASL_MECHANISM');
  return { mechanism, username, password };
}

function tlsSettings(env: Environment): KafkaSettings['tls'] {
  if (env['KAFKA_TLS'] !== 'true' && !env['KAFKA_TLS_CA_FILE']) return undefined;
  const pem = (name: string): string | undefined => (env[name] ? readFileOf(name, env[name]) : undefined);
  const ca = pem('KAFKA_TLS_CA_FILE');
  const cert = pem('KAFKA_TLS_CERT_FILE');
  const key = pem('KAFKA_TLS_KEY_FILE');
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: env['KAFKA_TLS_INSECURE'] !== 'true',
  };
}

function temporalSettings(env: Environment, ports: PortSettings): TemporalSettings {
  const given = env['TEMPORAL_ADDRESS'];
  return {
    address: given || `127.0.0.1:${ports.temporal}`,
    namespace: env['TEMPORAL_NAMESPACE'] || 'default',
    given: Boolean(given),
    tls: env['TEMPORAL_TLS'] === 'true' || Boolean(env['TEMPORAL_API_KEY']),
    apiKey: secretOf(env, 'TEMPORAL_API_KEY'),
    payloadKeys: payloadKeys(env),
    uiUrl: (env['TEMPORAL_UI_URL'] || `http://127.0.0.1:${ports.temporalUi}`).replace(/\/+$/, ''),
  };
}

function metastoreSettings(env: Environment, ports: PortSettings): MetastoreSettings {
  const timeoutS = env['HIVE_METASTORE_TIMEOUT_S'] || String(DEFAULT_METASTORE_TIMEOUT_S);
  if (!/^[1-9]\d{0,4}$/.test(timeoutS))
    throw invalid('HIVE_METASTORE_TIMEOUT_S', `"${timeoutS}" is not a number of seconds`);
  const callTimeoutMs = Number(timeoutS) * 1000;
  const given = env['HIVE_METASTORE_URIS'];
  if (!given) return { endpoints: [{ host: '127.0.0.1', port: ports.metastore }], given: false, callTimeoutMs };
  const endpoints = given.split(',').map((uri) => {
    const match = /^thrift:\/\/([^:/]+):(\d+)\/?$/.exec(uri.trim());
    if (!match?.[1]) throw invalid('HIVE_METASTORE_URIS', `"${uri}" is not thrift://host:port`);
    return { host: match[1], port: Number(match[2]) };
  });
  return { endpoints, given: true, callTimeoutMs };
}
