import type { KafkaSettings } from '../settings/settings.ts';

/** By it Kafka's Java clients, in Spark and Flume, read what must be in no plan, log or history. */
const PROVIDER = {
  'config.providers': 'file',
  'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
};

/**
 * What Kafka's Java clients need besides the brokers' addresses. Secrets are named only: the processes of Spark and Flume
 * read them from the file themselves (Kafka's configuration providers, KIP-297).
 */
export function loginOptions(
  { sasl, tls }: Pick<KafkaSettings, 'sasl' | 'tls'>,
  file: string | undefined,
): Readonly<Record<string, string>> {
  const secrets = Object.keys(loginSecrets({ sasl, tls }));
  return {
    'security.protocol': `${sasl === undefined ? '' : 'SASL_'}${tls === undefined ? 'PLAINTEXT' : 'SSL'}`,
    ...(sasl === undefined ? {} : { 'sasl.mechanism': sasl.mechanism }),
    ...(tls?.ca === undefined ? {} : { 'ssl.truststore.type': 'PEM' }),
    ...(tls?.key === undefined ? {} : { 'ssl.keystore.type': 'PEM' }),
    ...(tls?.rejectUnauthorized === false ? { 'ssl.endpoint.identification.algorithm': '' } : {}),
    ...(secrets.length === 0 ? {} : PROVIDER),
    ...Object.fromEntries(secrets.map((name) => [name, `\${file:${file ?? ''}:${name}}`])),
  };
}

/** What the file must hold, by the names of Kafka's own settings. */
export function loginSecrets({ sasl, tls }: Pick<KafkaSettings, 'sasl' | 'tls'>): Readonly<Record<string, string>> {
  return {
    ...(sasl === undefined ? {} : { 'sasl.jaas.config': jaasOf(sasl) }),
    ...(tls?.ca === undefined ? {} : { 'ssl.truststore.certificates': tls.ca }),
    ...(tls?.cert === undefined ? {} : { 'ssl.keystore.certificate.chain': tls.cert }),
    ...(tls?.key === undefined ? {} : { 'ssl.keystore.key': tls.key }),
  };
}

function jaasOf({ mechanism, username, password }: NonNullable<KafkaSettings['sasl']>): string {
  const [folder, module] = mechanism === 'PLAIN' ? ['plain', 'PlainLoginModule'] : ['scram', 'ScramLoginModule'];
  const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const login = `org.apache.kafka.common.security.${folder}.${module}`;
  return `${login} required username=${quoted(username)} password=${quoted(password)};`;
}

/** As a file of Java properties (`java.util.Properties.load`): what is not plain is written as UTF-16 units. */
export function asProperties(values: Readonly<Record<string, string>>): string {
  const escaped = (text: string): string =>
    text.replaceAll(/[^!-[\]-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Object.entries(values)
    .map(([name, value]) => `${name}=${escaped(value)}\n`)
    .join('');
}
