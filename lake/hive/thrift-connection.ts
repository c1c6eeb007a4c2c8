import { connect, type Socket } from 'node:net';
import type { Method } from './metastore-methods.ts';
import { TBinaryProtocol, TBufferedTransport } from './thrift-library.ts';
import { decodeReply, encodeCall, ServiceException } from './thrift-message.ts';

/** Bytes of one answer; the metastore's own limit (`hive.metastore.server.max.message.size`) has the same default. */
export const MAX_REPLY_BYTES = 100 * 1024 * 1024;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A connection that can no longer be used. `dropped`: the other side ended it, so a call may be made again elsewhere. */
export class ConnectionLost extends Error {
  readonly dropped: boolean;

  constructor(message: string, dropped: boolean) {
    super(message);
    this.name = 'ConnectionLost';
    this.dropped = dropped;
  }
}

type Settle = (outcome: { readonly bytes: Buffer } | { readonly lost: ConnectionLost }) => void;

/** A connection to a Thrift service, to call its methods by. */
export interface ServiceConnection {
  readonly endpoint: Endpoint;
  readonly usable: boolean;
  /** @throws ServiceException, ConnectionLost */
  call<A, R>(method: Method<A, R>, args: A, timeoutMs: number): Promise<R>;
  close(): void;
}

/** One TCP connection to a Thrift service, one call at a time. After a time-out it is closed: its state is unknown. */
export class ThriftConnection implements ServiceConnection {
  readonly endpoint: Endpoint;
  readonly #socket: Socket;
  #sequenceId = 0;
  #waiting: Settle | undefined;
  #lost: ConnectionLost | undefined;

  private constructor(endpoint: Endpoint, socket: Socket) {
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on('data', (bytes) => this.#waiting?.({ bytes }));
    socket.on('error', (error) => this.#end(new ConnectionLost(reasonOf(error), true)));
    socket.on('close', () => this.#end(new ConnectionLost('the connection was closed', true)));
  }

  /** @throws ConnectionLost where it cannot be made within `timeoutMs` */
  static async open(endpoint: Endpoint, timeoutMs: number): Promise<ThriftConnection> {
    const socket = connect(endpoint);
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(new ConnectionLost(reason, true));
      };
      const timer = setTimeout(() => fail(`no connection within ${timeoutMs} ms`), timeoutMs);
      const onError = (error: Error): void => fail(reasonOf(error));
      socket.once('error', onError);
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.off('error', onError);
        resolve(new ThriftConnection(endpoint, socket));
      });
    });
  }

  get usable(): boolean {
    return this.#lost === undefined;
  }

  close(): void {
    this.#end(new ConnectionLost('the connection was closed here', false));
  }

  /** @throws ServiceException, ConnectionLost */
  async call<A, R>(method: Method<A, R>, args: A, timeoutMs: number): Promise<R> {
    if (this.#lost) throw this.#lost;
    const sequenceId = (this.#sequenceId += 1);
    const request = encodeCall(method, args, sequenceId);
    try {
      return await this.#exchange(request, (input) => decodeReply(input, method, sequenceId), timeoutMs);
    } catch (error) {
      if (error instanceof ServiceException) throw error;
      const lost = error instanceof ConnectionLost ? error : new ConnectionLost(unreadable(error), false);
      this.#end(lost);
      throw lost;
    }
  }

  #exchange<R>(request: Buffer, decode: (input: TBinaryProtocol) => R, timeoutMs: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting = undefined;
        settle();
      };
      const timeout = new ConnectionLost(`no answer within ${timeoutMs} ms`, false);
      const timer = setTimeout(() => finish(() => reject(timeout)), timeoutMs);
      const receive = receiver(decode);
      this.#waiting = (outcome) => {
        if ('lost' in outcome) {
          finish(() => reject(outcome.lost));
          return;
        }
        try {
          const decoded = receive(outcome.bytes);
          if (decoded) finish(() => resolve(decoded.value));
        } catch (error) {
          finish(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      this.#socket.write(request);
    });
  }

  #end(reason: ConnectionLost): void {
    this.#lost ??= reason;
    this.#socket.destroy();
    this.#waiting?.({ lost: this.#lost });
  }
}

/** Gathers an answer's bytes; gives its value once it is whole. */
function receiver<R>(decode: (input: TBinaryProtocol) => R): (bytes: Buffer) => { readonly value: R } | undefined {
  let receivedBytes = 0;
  let decoded: { readonly value: R } | undefined;
  const gather = TBufferedTransport.receiver((transport) => {
    try {
      decoded = { value: decode(new TBinaryProtocol(transport)) };
    } catch (error) {
      if (!isIncomplete(error)) throw error;
      transport.rollbackPosition();
    }
  }, 0);
  return (bytes) => {
    receivedBytes += bytes.length;
    if (receivedBytes > MAX_REPLY_BYTES) throw new Error(`an answer of more than ${MAX_REPLY_BYTES} bytes`);
    gather(bytes);
    return decoded;
  };
}

/** Thrift's runtime raises this class without exporting it: the bytes end before the message does. */
function isIncomplete(error: unknown): boolean {
  return error instanceof Error && error.name === 'InputBufferUnderrunError';
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  return code === '' ? error.message : code;
}

function unreadable(error: unknown): string {
  return `it did not answer as a Hive metastore does (${error instanceof Error ? error.message : String(error)})`;
}
