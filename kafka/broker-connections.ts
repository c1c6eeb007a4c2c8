import type { Socket } from 'node:net';
import { Connection, apiVersionsV3, type ConnectionOptions } from './library.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { hostAndPort, type BrokerAddress } from './connection.ts';

/** The Fetch version that names topics by id came with Kafka 3.1 (KIP-516); nothing older can be read safely. */
const FETCH_API_KEY = 1;
export const FETCH_VERSION = 13;

/** One connection a broker, opened when first wanted and again after it broke. */
export class BrokerConnections {
  readonly #clientId: string;
  readonly #options: ConnectionOptions;
  readonly #connections = new Map<BrokerAddress, Promise<Connection>>();
  readonly #open = new Set<Connection>();
  #closed = false;

  constructor(clientId: string, options: ConnectionOptions) {
    this.#clientId = clientId;
    this.#options = options;
  }

  async to(address: BrokerAddress): Promise<Connection> {
    if (this.#closed) throw new SluiceError('KAFKA_UNREACHABLE', 'The Kafka client has been closed.');
    const known = this.#connections.get(address);
    if (known) return known;
    const opening = this.#connect(address);
    this.#connections.set(address, opening);
    opening.catch(() => this.#forget(address, opening));
    return opening;
  }

  async #connect(address: BrokerAddress): Promise<Connection> {
    const connection = new Connection(this.#clientId, this.#options);
    // Requests in flight are told by their own callbacks; without a listener, a second 'error' would end the process.
    connection.on('error', () => {});
    this.#open.add(connection);
    connection.once('close', () => {
      this.#drop(connection);
      this.#forgetBroken(address);
    });
    try {
      const { host, port } = hostAndPort(address);
      await connection.connect(host, port);
      await requireFetchVersion(connection, address);
      return connection;
    } catch (thrown) {
      this.#drop(connection);
      throw thrown;
    }
  }

  /** Closes a connection; the next one to that broker is another one. */
  end(address: BrokerAddress, connection: Connection): void {
    this.#drop(connection);
    this.#forgetBroken(address);
  }

  #forget(address: BrokerAddress, opening: Promise<Connection>): void {
    if (this.#connections.get(address) === opening) this.#connections.delete(address);
  }

  #forgetBroken(address: BrokerAddress): void {
    const known = this.#connections.get(address);
    known?.then(
      (connection) => {
        if (!connection.isConnected()) this.#forget(address, known);
      },
      () => {},
    );
  }

  /** Ends the socket, and the library's timer that would log in again. */
  #drop(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    void connection.close().catch(() => {});
    (connection.socket as Socket | undefined)?.destroy();
  }

  close(): void {
    this.#closed = true;
    for (const connection of [...this.#open]) this.#drop(connection);
    this.#connections.clear();
  }
}

async function requireFetchVersion(connection: Connection, address: BrokerAddress): Promise<void> {
  const { apiKeys } = await apiVersionsV3.api.async(connection, 'sluice', '1');
  const fetch = apiKeys.find(({ apiKey }) => apiKey === FETCH_API_KEY);
  if (!fetch || fetch.maxVersion < FETCH_VERSION || fetch.minVersion > FETCH_VERSION) {
    throw new SluiceError(
      'KAFKA_PROTOCOL',
      `Broker ${address} offers Fetch versions ${fetch?.minVersion} to ${fetch?.maxVersion}, but version ${FETCH_VERSION} is needed to name topics by id.`,
      { remedy: 'Use Kafka 3.1 or later.', details: { broker: address } },
    );
  }
}
