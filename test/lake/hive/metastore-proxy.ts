import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What to do with a call before it reaches the metastore, or with its answer before it reaches the caller. */
export type Fault = 'drop before' | 'drop answer' | 'hang';

/** Stands between a client and a real metastore: notes each call's method, and breaks those that a test wants broken. */
export class MetastoreProxy {
  readonly calls: string[] = [];
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #faults: { method: string; fault: Fault }[] = [];

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#relay(client));
  }

  static async create(target: { host: string; port: number }): Promise<MetastoreProxy> {
    const proxy = new MetastoreProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): { host: string; port: number } {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is not listening');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Breaks the next call of a method, once. */
  breakNext(method: string, fault: Fault): void {
    this.#faults.push({ method, fault });
  }

  /** Calls since the last time that this was asked. */
  takeCalls(): string[] {
    return this.calls.splice(0);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(client: Socket): void {
    const upstream = connect(this.#target);
    let dropAnswer = false;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        this.#sockets.delete(socket);
      });
    }
    client.on('data', (bytes) => {
      const fault = this.#noteCall(bytes);
      if (fault === 'drop before') client.destroy();
      if (fault === 'drop before' || fault === 'hang') return;
      dropAnswer = fault === 'drop answer';
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (dropAnswer) client.destroy();
      else client.write(bytes);
    });
  }

  /** A call starts with Thrift's version and type, then its method's name. */
  #noteCall(bytes: Buffer): Fault | undefined {
    if (bytes.length < 8 || bytes.readUInt32BE(0) !== 0x80010001) return undefined;
    const method = bytes.toString('utf8', 8, 8 + bytes.readInt32BE(4));
    this.calls.push(method);
    const index = this.#faults.findIndex((fault) => fault.method === method);
    return index < 0 ? undefined : this.#faults.splice(index, 1)[0]?.fault;
  }
}
