import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flumeAgent } from '../../infra/flume-agent.ts';
import { RunningComponent } from '../../infra/running-component.ts';
import { StackRecord } from '../../infra/stack-record.ts';
import { ensureTopic } from '../../kafka/admin.ts';
import { readSettings, type KafkaSettings } from '../../settings/settings.ts';
import { readTopic } from '../collectors/topic-reader.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';
import { type Brokers, PASSWORD, USER } from './brokers.ts';

const ARRIVAL_LIMIT_MS = 90_000;
const WRONG_PASSWORD = 'wrong-secret';
const CERTIFICATE_BEGINS = '-----BEGIN CERTIFICATE-----';

/** A real Flume agent, and brokers that ask for a log-in or speak TLS. */
export function describeFlumeLogin(brokers: () => Brokers): void {
  const agentOf = async (kafka: KafkaSettings, topic: string): Promise<{ agent: RunningComponent; home: string }> => {
    const home = temporaryFolder();
    const settings = { ...readSettings({ SLUICE_HOME: home, SLUICE_CACHE: readSettings().cacheFolder }), kafka };
    const component = flumeAgent(settings, { topic, simulatedServers: 0 });
    await component.prepare?.((line) => process.stderr.write(`  ${line}\n`));
    return {
      agent: new RunningComponent(component, join(home, 'logs', 'flume.log'), new StackRecord(home), () => undefined),
      home,
    };
  };

  describe('a Flume agent', () => {
    it.each<[how: string, login: (of: Brokers) => KafkaSettings, secret: string]>([
      ['by SCRAM', (of) => loginOf(of, 'SCRAM-SHA-512'), PASSWORD],
      ['by PLAIN', (of) => loginOf(of, 'PLAIN'), PASSWORD],
      ['to brokers with TLS', tlsOf, CERTIFICATE_BEGINS],
    ])('logs in %s, and keeps what it needs for that to one file that is its own', async (how, login, secret) => {
      const topic = `flume-login-${how.replaceAll(' ', '-')}`;
      await ensureTopic(brokers().settings, { topic, partitions: 3, replicationFactor: 3 });
      await brokers().addScramUser();
      const { agent, home } = await agentOf(login(brokers()), topic);
      await agent.start();
      try {
        await waitFor('records of the agent that has logged in', ARRIVAL_LIMIT_MS, async () => {
          const records = await readTopic(brokers().settings.brokers, topic);
          return records.some(({ key }) => key === hostname()) || undefined;
        });
        expect(readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8')).not.toContain(secret);
        expect(filesWith(home, secret)).toEqual([join(home, 'flume', 'kafka.properties')]);
        expect(statSync(join(home, 'flume', 'kafka.properties')).mode & 0o777).toBe(0o600);
      } finally {
        await agent.stop();
      }
    });

    it('that may not log in says so, and not by what', async () => {
      const { agent, home } = await agentOf(loginOf(brokers(), 'SCRAM-SHA-512', WRONG_PASSWORD), 'flume-login-refused');
      await agent.start();
      try {
        await waitFor('the agent to say that it was refused', ARRIVAL_LIMIT_MS, () =>
          Promise.resolve(readFileSync(agent.logPath, 'utf8').includes('Authentication failed') || undefined),
        );
        expect(filesWith(home, WRONG_PASSWORD)).toEqual([join(home, 'flume', 'kafka.properties')]);
      } finally {
        await agent.stop();
      }
    });
  });
}

type Mechanism = NonNullable<KafkaSettings['sasl']>['mechanism'];

function loginOf({ settings, loginBrokers }: Brokers, mechanism: Mechanism, password = PASSWORD): KafkaSettings {
  return { ...settings, brokers: loginBrokers, sasl: { mechanism, username: USER, password } };
}

/** The brokers' certificate signs itself: only who is given it trusts them. */
function tlsOf({ settings, tlsBrokers, certificate }: Brokers): KafkaSettings {
  return { ...settings, brokers: tlsBrokers, tls: { ca: certificate, rejectUnauthorized: true } };
}

/** Files that hold the secret: as it is, or as a file of Java properties has its spaces. */
function filesWith(folder: string, secret: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) =>
      readFileSync(path, 'latin1')
        .replaceAll(String.raw`\u0020`, ' ')
        .includes(secret),
    );
}
