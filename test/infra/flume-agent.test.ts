import { expect, it } from 'vitest';
import { loginLines } from '../../infra/flume-agent.ts';

it('has the sink log in with what lies in a file, which Kafka’s client reads and Flume does not', () => {
  const sasl = { mechanism: 'SCRAM-SHA-512', username: 'sluice', password: 'planted-password' } as const;
  const lines = loginLines({ sasl, tls: undefined }, '/home/kafka.properties').split('\n');
  const prefix = 'sluice.sinks.kafka.kafka.producer.';
  expect(lines).toContain(`${prefix}security.protocol=SASL_PLAINTEXT`);
  expect(lines).toContain(`${prefix}sasl.mechanism=SCRAM-SHA-512`);
  expect(lines).toContain(`${prefix}config.providers=file`);
  expect(lines).toContain(`${prefix}sasl.jaas.config=$\${file:/home/kafka.properties:sasl.jaas.config}`);
  expect(lines.join('\n')).not.toContain('planted-password');
});

it('says nothing of a log-in where there is none', () => {
  expect(loginLines({ sasl: undefined, tls: undefined }, '/home/kafka.properties')).toBe(
    'sluice.sinks.kafka.kafka.producer.security.protocol=PLAINTEXT\n',
  );
});
