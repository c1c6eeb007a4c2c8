import { execFileSync } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alterClientQuotasV1, alterUserScramCredentialsV0 } from '@platformatic/kafka';
import { kafkaBrokers } from '../../infra/kafka-brokers.ts';
import { freePorts } from '../../infra/ports.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { KafkaCluster } from '../../kafka/cluster.ts';
import { readSettings, type KafkaSettings } from '../../settings/settings.ts';

export const USER = 'reader';
export const PASSWORD = 'a password, with = and ,';

/** Ports of a stack's block that no component uses, three for each further listener. */
const LOGIN_PORT_OFFSET = 10;
const TLS_PORT_OFFSET = 13;

/** Three real brokers with a home of their own, which listen for a log-in and for TLS as well as plainly. */
export class Brokers {
  readonly settings: KafkaSettings;
  readonly loginBrokers: readonly string[];
  readonly tlsBrokers: readonly string[];
  /** The certificate of the brokers, which signs itself. */
  certificate = '';
  readonly #home: string;
  readonly #first: number;
  readonly #nodes: readonly RunningComponent[];

  private constructor(home: string, first: number, settings: KafkaSettings, nodes: readonly RunningComponent[]) {
    this.#home = home;
    this.#first = first;
    this.#nodes = nodes;
    this.settings = settings;
    this.loginBrokers = this.#addresses(LOGIN_PORT_OFFSET);
    this.tlsBrokers = this.#addresses(TLS_PORT_OFFSET);
  }

  /** How USER logs in, by SCRAM; `addScramUser` must have been called. */
  get loginSettings(): KafkaSettings {
    return {
      ...this.settings,
      brokers: this.loginBrokers,
      sasl: { mechanism: 'SCRAM-SHA-256', username: USER, password: PASSWORD },
    };
  }

  static async create(): Promise<Brokers> {
    const home = await mkdtemp(join(tmpdir(), 'sluice-brokers-'));
    const ports = await freePorts();
    const cacheFolder = readSettings().cacheFolder;
    const settings = { ...readSettings({ SLUICE_HOME: home, SLUICE_CACHE: cacheFolder }), ports };
    const brokers = [0, 1, 2].map((node) => `127.0.0.1:${ports.kafka + node}`);
    const record = new StackRecord(home);
    const nodes = kafkaBrokers(settings).map(
      (component) =>
        new RunningComponent(component, join(home, 'logs', `${component.name}.log`), record, () => undefined),
    );
    return new Brokers(home, ports.temporal, { brokers, given: true, sasl: undefined, tls: undefined }, nodes);
  }

  async start(): Promise<void> {
    for (const node of this.#nodes) await node.component.prepare?.(() => undefined);
    await this.#listenForMore();
    await Promise.all(this.#nodes.map((node) => node.start()));
  }

  /** As a crash would end it; it is started again at once. */
  kill(nodeId: number): void {
    this.#nodes[nodeId - 1]?.kill('SIGKILL');
  }

  /** Every broker goes silent, and keeps its connections: as a network that swallows everything would. */
  freeze(): void {
    for (const node of this.#nodes) node.kill('SIGSTOP');
  }

  thaw(): void {
    for (const node of this.#nodes) node.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    await rm(this.#home, { recursive: true, force: true });
  }

  /** The same for a process of Sluice. */
  get loginEnvironment(): Readonly<Record<string, string>> {
    return {
      KAFKA_BROKERS: this.loginBrokers.join(','),
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_SASL_USERNAME: USER,
      KAFKA_SASL_PASSWORD: PASSWORD,
    };
  }

  /** Gives USER a password that SCRAM can check; PLAIN's stands in the brokers' properties. */
  async addScramUser(password = PASSWORD): Promise<void> {
    const cluster = new KafkaCluster(this.settings, 'test');
    const salt = Buffer.from('a salt for the test');
    const credentials = [
      { mechanism: 1, hash: 'sha256', bytes: 32 },
      { mechanism: 2, hash: 'sha512', bytes: 64 },
    ].map(({ mechanism, hash, bytes }) => {
      const saltedPassword = pbkdf2Sync(password, salt, 4096, bytes, hash);
      return { name: USER, mechanism, iterations: 4096, salt, saltedPassword };
    });
    const { controllerId } = await cluster.metadata([], 'Adding a user');
    // A request may change a user once.
    for (const credential of credentials) {
      await alterUserScramCredentialsV0.api.async(await cluster.controlConnection(controllerId), [], [credential]);
    }
    await cluster.close();
  }

  /** Bounds what each broker sends to these clients; undefined takes the bound away. */
  async setReadQuota(
    of: { readonly clientId: string } | { readonly user: string },
    bytesPerSecond: number | undefined,
  ): Promise<void> {
    const cluster = new KafkaCluster(this.settings, 'test-admin');
    const { controllerId } = await cluster.metadata([], 'Setting a quota');
    const key = 'consumer_byte_rate' as const;
    const op =
      bytesPerSecond === undefined
        ? { key, remove: true as const }
        : { key, value: bytesPerSecond, remove: false as const };
    const entity =
      'user' in of
        ? { entityType: 'user' as const, entityName: of.user }
        : { entityType: 'client-id' as const, entityName: of.clientId };
    await alterClientQuotasV1.api.async(
      await cluster.controlConnection(controllerId),
      [{ entities: [entity], ops: [op] }],
      false,
    );
    await cluster.close();
  }

  #addresses(offset: number): string[] {
    return [0, 1, 2].map((node) => `127.0.0.1:${this.#first + offset + node}`);
  }

  async #listenForMore(): Promise<void> {
    const keystore = join(this.#home, 'broker.p12');
    const store = ['-keystore', keystore, '-storepass', 'changeit', '-alias', 'broker'];
    const subject = ['-dname', 'CN=broker', '-ext', 'SAN=ip:127.0.0.1', '-validity', '2'];
    execFileSync('keytool', ['-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...store, ...subject], {
      stdio: 'pipe',
    });
    this.certificate = execFileSync('keytool', ['-exportcert', '-rfc', ...store], { stdio: 'pipe' }).toString();
    for (const index of this.#nodes.keys()) {
      const properties = join(this.#home, 'kafka', String(index + 1), 'server.properties');
      const before = await readFile(properties, 'utf8');
      await appendFile(
        properties,
        furtherListeners(before, this.loginBrokers[index], this.tlsBrokers[index], keystore),
      );
    }
  }
}

/** Properties after the node's own; the last one of a name counts. */
function furtherListeners(properties: string, login = '', tls = '', keystore = ''): string {
  const own = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(properties)?.[1] ?? '';
  const more = `LOGIN://${login},TLS://${tls}`;
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return Object.entries({
    listeners: `${own('listeners')},${more}`,
    'advertised.listeners': `${own('advertised.listeners')},${more}`,
    'listener.security.protocol.map': `${own('listener.security.protocol.map')},LOGIN:SASL_PLAINTEXT,TLS:SSL`,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.login.plain.sasl.jaas.config': `${plain} required user_${USER}="${PASSWORD}";`,
    'listener.name.login.scram-sha-256.sasl.jaas.config': `${scram} required;`,
    'listener.name.login.scram-sha-512.sasl.jaas.config': `${scram} required;`,
    'listener.name.tls.ssl.keystore.location': keystore,
    'listener.name.tls.ssl.keystore.password': 'changeit',
    'listener.name.tls.ssl.keystore.type': 'PKCS12',
    // Quotas count the last two seconds, not ten: so a client is throttled for seconds only.
    'quota.window.num': '3',
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
