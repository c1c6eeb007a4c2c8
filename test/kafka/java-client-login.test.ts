import { describe, expect, it } from 'vitest';
import { asProperties, loginOptions, loginSecrets } from '../../kafka/java-client-login.ts';
import type { KafkaSettings } from '../../settings/settings.ts';

const PLAIN: KafkaSettings = { brokers: ['k:9092'], given: true, sasl: undefined, tls: undefined };
const LOGIN: KafkaSettings = {
  ...PLAIN,
  sasl: { mechanism: 'SCRAM-SHA-512', username: 'me', password: 'a "b" \\ ü' },
  tls: { ca: 'CERTIFICATE', cert: 'CHAIN', key: 'KEY', rejectUnauthorized: true },
};

describe('the log-in of Kafka’s Java clients', () => {
  it('needs no file where Kafka asks for none', () => {
    expect(loginOptions(PLAIN, undefined)).toEqual({ 'security.protocol': 'PLAINTEXT' });
    expect(loginSecrets(PLAIN)).toEqual({});
  });

  it('names secrets by their file, and holds none', () => {
    const options = loginOptions(LOGIN, '/etc/kafka.properties');
    expect(options).toMatchObject({
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-512',
      'sasl.jaas.config': '${file:/etc/kafka.properties:sasl.jaas.config}',
      'ssl.keystore.key': '${file:/etc/kafka.properties:ssl.keystore.key}',
    });
    expect(JSON.stringify(options)).not.toMatch(/"b"|CERTIFICATE|CHAIN|KEY"/);
    expect(Object.keys(loginSecrets(LOGIN))).toHaveLength(4);
  });

  it('is quoted for JAAS, and escaped for Java’s properties', () => {
    const { 'sasl.jaas.config': jaas = '' } = loginSecrets(LOGIN);
    expect(jaas).toContain(String.raw`password="a \"b\" \\ ü";`);
    expect(asProperties({ a: 'x y\n\\ü#=' })).toBe('a=x\\u0020y\\u000a\\u005c\\u00fc#=\n');
  });
});
