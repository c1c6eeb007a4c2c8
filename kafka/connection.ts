import { isIP } from 'node:net';
import type { ConnectionOptions, SASLOptions } from './library.ts';
import type { KafkaSettings } from '../settings/settings.ts';

/** How long opening a connection to one broker may take, log-in included. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** How long one broker may take for one answer, the time its bytes need on the wire included. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** A broker's address as text, `host:port`. */
export type BrokerAddress = string;

/** What every client of Kafka here is made with; it suits `Connection` and the clients of @platformatic/kafka alike. */
export interface KafkaClientOptions extends ConnectionOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
}

/** The one place where settings become connection options: brokers, log-in (SASL), TLS and time-outs. */
export function connectionOptions(settings: KafkaSettings, clientId: string): KafkaClientOptions {
  return {
    clientId,
    bootstrapBrokers: [...settings.brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(settings.sasl === undefined ? {} : { sasl: saslOptions(settings.sasl) }),
    ...(settings.tls === undefined ? {} : { tls: { ...settings.tls }, tlsServerName: namedHosts(settings.brokers) }),
  };
}

function saslOptions(sasl: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
}

/** TLS sends the server's name only where it is a name: RFC 6066 §3 forbids addresses there. */
function namedHosts(brokers: readonly string[]): boolean {
  return !brokers.some((broker) => isIP(hostAndPort(broker).host) !== 0);
}

/** Host and port of `host:port`; an IPv6 host stands in brackets. */
export function hostAndPort(address: BrokerAddress): { host: string; port: number } {
  const separator = address.lastIndexOf(':');
  const host = address.slice(0, separator).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(separator + 1)) };
}

/** `host:port`, with brackets around an IPv6 host. */
export function addressOf(host: string, port: number): BrokerAddress {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
