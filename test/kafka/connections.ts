import { describe, expect, it } from 'vitest';
import { KafkaCluster } from '../../kafka/cluster.ts';
import type { KafkaSettings } from '../../settings/settings.ts';
import { waitFor } from '../wait-for.ts';
import { type Brokers, PASSWORD, USER } from './brokers.ts';
import { failureOf } from './failure-of.ts';

const KNOWN_LIMIT_MS = 120_000;

/** To brokers that have the topic `early`, of three partitions. */
export function describeConnections(brokers: () => Brokers): void {
  describe('connections', () => {
    const login = (mechanism: NonNullable<KafkaSettings['sasl']>['mechanism'], password = PASSWORD): KafkaSettings => ({
      ...brokers().settings,
      brokers: brokers().loginBrokers,
      sasl: { mechanism, username: USER, password },
    });
    const secure = (tls: NonNullable<KafkaSettings['tls']>): KafkaSettings => ({
      ...brokers().settings,
      brokers: brokers().tlsBrokers,
      tls,
    });

    it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('log in by %s', async (mechanism) => {
      await brokers().addScramUser();
      await waitFor('the brokers to know the user', KNOWN_LIMIT_MS, () =>
        lookUp(login(mechanism)).then(
          () => true,
          () => undefined,
        ),
      );
      expect(await lookUp(login(mechanism))).toEqual(['early', '3', '3']);
      const failure = await failureOf(lookUp(login(mechanism, 'wrong-secret')));
      expect(failure).toMatchObject({ code: 'KAFKA_AUTHENTICATION' });
      expect(failure.message).toContain('refused the log-in');
      expect(failure.remedy).toContain('KAFKA_SASL_PASSWORD');
      expect(JSON.stringify([failure.message, failure.remedy, failure.details])).not.toContain('wrong-secret');
    });

    it('use TLS, and say what is wrong with it', async () => {
      expect(await lookUp(secure({ ca: brokers().certificate, rejectUnauthorized: true }))).toEqual([
        'early',
        '3',
        '3',
      ]);
      expect(await lookUp(secure({ rejectUnauthorized: false }))).toEqual(['early', '3', '3']);
      const plainBrokers = { ...secure({ rejectUnauthorized: true }), brokers: brokers().settings.brokers };
      const withoutTls = { ...brokers().settings, brokers: brokers().tlsBrokers };
      for (const settings of [secure({ rejectUnauthorized: true }), plainBrokers, withoutTls]) {
        const failure = await failureOf(lookUp(settings));
        expect(failure).toMatchObject({ code: 'KAFKA_AUTHENTICATION' });
        expect(failure.message).toContain('TLS');
        expect(failure.remedy).toContain('KAFKA_TLS');
      }
    });

    it('name the brokers that were tried, and use those that answer', async () => {
      const nobody = ['127.0.0.1:1', 'no-such-host.invalid:9092'];
      const failure = await failureOf(lookUp({ ...brokers().settings, brokers: nobody }));
      expect(failure).toMatchObject({ code: 'KAFKA_UNREACHABLE', details: { brokers: nobody.join(',') } });
      expect(failure.message).toContain('127.0.0.1:1 (connection refused)');
      const [one = ''] = brokers().settings.brokers;
      expect(await lookUp({ ...brokers().settings, brokers: [...nobody, one] })).toEqual(['early', '3', '3']);
    });

    it('are refused once the cluster is closed', async () => {
      const client = new KafkaCluster(brokers().settings, 'closed');
      await client.describeTopic('early');
      await client.close();
      expect(await failureOf(client.describeTopic('early'))).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    });
  });
}

async function lookUp(settings: KafkaSettings): Promise<string[]> {
  const client = new KafkaCluster(settings, 'connections');
  try {
    const { partitions, topic } = await client.describeTopic('early');
    const offsets = await client.offsets(topic);
    return [topic, String(partitions.length), String(offsets.size)];
  } finally {
    await client.close();
  }
}
