import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SluiceError } from '../../errors/sluice-error.ts';
import { CONTROL_TIMEOUT_MS, KafkaCluster } from '../../kafka/cluster.ts';
import { addressOf, connectionOptions, hostAndPort } from '../../kafka/connection.ts';
import { Retry } from '../../kafka/retry.ts';
import type { KafkaSettings } from '../../settings/settings.ts';

const PLAIN: KafkaSettings = { brokers: ['kafka.example:9092'], given: true, sasl: undefined, tls: undefined };

describe('connection options', () => {
  it('are plain where no log-in and no TLS is set', () => {
    const options = connectionOptions(PLAIN, 'me');
    expect(options).toMatchObject({ clientId: 'me', bootstrapBrokers: ['kafka.example:9092'] });
    expect(options).not.toHaveProperty('sasl');
    expect(options).not.toHaveProperty('tls');
  });

  it('carry the log-in and TLS, and send a server name only where brokers are named', () => {
    const sasl = { mechanism: 'SCRAM-SHA-512', username: 'u', password: 'p' } as const;
    const tls = { ca: 'pem', rejectUnauthorized: true };
    expect(connectionOptions({ ...PLAIN, sasl, tls }, 'me')).toMatchObject({ sasl, tls, tlsServerName: true });
    for (const broker of ['10.0.0.1:9092', '[::1]:9092']) {
      expect(connectionOptions({ ...PLAIN, tls, brokers: [broker] }, 'me').tlsServerName).toBe(false);
    }
  });

  it('know hosts and ports, IPv6 included', () => {
    for (const [address, host] of [
      ['kafka.example:9092', 'kafka.example'],
      ['[::1]:9092', '::1'],
    ] as const) {
      expect(hostAndPort(address)).toEqual({ host, port: 9092 });
      expect(addressOf(host, 9092)).toBe(address);
    }
  });
});

describe('a broker that accepts and never answers', () => {
  let server: Server | undefined;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  async function silentBroker(): Promise<KafkaCluster> {
    server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new KafkaCluster({ ...PLAIN, brokers: [`127.0.0.1:${port}`] }, 'me');
  }

  it('is given up after the time-out', async () => {
    const cluster = await silentBroker();
    const startedMs = performance.now();
    const asked = cluster.describeTopic('any').finally(() => cluster.close());
    await expect(asked).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(performance.now() - startedMs).toBeGreaterThan(CONTROL_TIMEOUT_MS - 50);
  });

  it('does not keep an abort or a close waiting', async () => {
    const cluster = await silentBroker();
    const reason = new Error('enough');
    const startedMs = performance.now();
    const aborted = cluster.describeTopic('any', { signal: abortAfter(50, reason) });
    await expect(aborted).rejects.toBe(reason);
    const asked = cluster.describeTopic('any');
    setTimeout(() => void cluster.close(), 50);
    await expect(asked).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

function abortAfter(delayMs: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), delayMs);
  return controller.signal;
}

describe('a retry', () => {
  const failure = new SluiceError('KAFKA_UNREACHABLE', 'away');

  it('gives up at its limit with the failure, and starts anew after progress', async () => {
    const attemptsUntilGivenUp = async (retry: Retry): Promise<number> => {
      for (let attempts = 1; ; attempts++) {
        try {
          await retry.after(failure);
        } catch (thrown) {
          expect(thrown).toBe(failure);
          return attempts;
        }
      }
    };
    const retry = new Retry(300);
    expect(await attemptsUntilGivenUp(retry)).toBeGreaterThan(1);
    expect(await attemptsUntilGivenUp(retry)).toBe(1);
    retry.progressed();
    expect(await attemptsUntilGivenUp(retry)).toBeGreaterThan(1);
  });

  it('ends with the reason of an abort, at once', async () => {
    const reason = new Error('enough');
    const retry = new Retry(60_000, abortAfter(20, reason));
    const startedMs = performance.now();
    const trying = (async () => {
      for (;;) await retry.after(failure);
    })();
    await expect(trying).rejects.toBe(reason);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
