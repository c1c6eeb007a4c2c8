import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What goes wrong with one request:
 * - `lose-answer`: the server does the work, and its answer never arrives
 * - `repeat`: the request reaches the server twice, as from a load balancer that tries again, and the second answer is passed on
 * - `cut-upload`: half of the body reaches the server, then the connection is gone
 * - `cut-download`, `corrupt-download`: half of the answer's body arrives; or all, with a bit changed
 * - `hang`: no answer, until the client gives up
 * - `slow-down`, `internal-error`: S3's own 503 and 500, without the work being done
 * - `standby`: what a NameNode says that is not the active one
 * - `without-options`: what HttpFS answers where a NameNode answers nothing
 */
export type Fault =
  | 'lose-answer'
  | 'repeat'
  | 'cut-upload'
  | 'cut-download'
  | 'corrupt-download'
  | 'hang'
  | 'slow-down'
  | 'internal-error'
  | 'standby'
  | 'without-options';

interface Rule {
  readonly method: string;
  readonly where: string | RegExp;
  readonly fault: Fault;
  times: number;
}

/** A reverse proxy in front of a real server. It is fake in nothing but the faults that it is told to make. */
export class FaultProxy {
  readonly #server: Server;
  readonly #port: number;
  /** Another server's address in the answers, and what it becomes. */
  readonly #address: readonly [string, string] | undefined;
  #rules: Rule[] = [];
  /** `PUT /bucket/key` of every request that came, in order. */
  readonly seen: string[] = [];

  private constructor(server: Server, port: number, address: readonly [string, string] | undefined) {
    this.#server = server;
    this.#port = port;
    this.#address = address;
  }

  /** @param address of a server that the answers send a client to, and what to put there instead */
  static async start(port: number, address?: readonly [string, string]): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, port, address);
    server.on('request', (incoming, outgoing) => {
      proxy.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes the next requests of this method fail, to a path that ends so or a URL that matches. */
  fail(method: string, where: string | RegExp, fault: Fault, times = 1): void {
    this.#rules.push({ method, where, fault, times });
  }

  /** Forgets faults that have not come to pass, and what was seen. */
  reset(): void {
    this.#rules = [];
    this.seen.length = 0;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = decodeURIComponent((incoming.url ?? '').split('?')[0] ?? '');
    this.seen.push(`${incoming.method ?? ''} ${path}`);
    const matches = (where: string | RegExp): boolean =>
      typeof where === 'string' ? path.endsWith(where) : where.test(incoming.url ?? '');
    const rule = this.#rules.find(
      ({ method, where, times }) => times > 0 && method === incoming.method && matches(where),
    );
    if (rule) rule.times -= 1;
    const body = await bytesOf(incoming);
    switch (rule?.fault) {
      case 'slow-down':
        refuse(outgoing, 503, 'SlowDown');
        return;
      case 'internal-error':
        refuse(outgoing, 500, 'InternalError');
        return;
      case 'standby':
        standBy(outgoing);
        return;
      case 'without-options':
        outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{"boolean":false}');
        return;
      case 'hang':
        await sleep(60_000, undefined, { ref: false });
        return;
      case 'cut-upload':
        await this.#forwardHalf(incoming, body);
        outgoing.destroy();
        return;
      case 'repeat':
        await this.#forward(incoming, body);
        break;
      default:
    }
    const answer = await this.#forward(incoming, body);
    if (rule?.fault === 'lose-answer') {
      outgoing.destroy();
      return;
    }
    if (rule?.fault === 'corrupt-download') answer.body.writeUInt8(answer.body.readUInt8(0) ^ 1, 0);
    outgoing.writeHead(answer.status, answer.headers);
    if (rule?.fault === 'cut-download') {
      outgoing.write(answer.body.subarray(0, answer.body.length >> 1), () => outgoing.destroy());
    } else outgoing.end(answer.body);
  }

  async #forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
    const { method, url, headers } = incoming;
    const forwarded = request({ host: '127.0.0.1', port: this.#port, method, path: url, headers });
    forwarded.end(body);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    const received = await bytesOf(answer);
    const sentOn = this.#address === undefined ? received : replaced(received, ...this.#address);
    return { status: answer.statusCode ?? 500, headers: answer.headers, body: sentOn };
  }

  async #forwardHalf(incoming: IncomingMessage, body: Buffer): Promise<void> {
    const { method, url, headers } = incoming;
    const forwarded = request({ host: '127.0.0.1', port: this.#port, method, path: url, headers });
    forwarded.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      forwarded.write(body.subarray(0, body.length >> 1), () => resolve());
    });
    forwarded.destroy();
  }
}

function refuse(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

function standBy(outgoing: ServerResponse): void {
  const exception = 'StandbyException';
  const message = 'Operation category WRITE is not supported in state standby.';
  const javaClassName = 'org.apache.hadoop.ipc.StandbyException';
  outgoing.writeHead(403, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ RemoteException: { exception, javaClassName, message } }));
}

/** An answer with another address in it; such answers tell no length. */
function replaced(body: Buffer, from: string, to: string): Buffer {
  return Buffer.from(body.toString('latin1').replaceAll(from, to), 'latin1');
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await message.toArray()) as Buffer[]);
}
