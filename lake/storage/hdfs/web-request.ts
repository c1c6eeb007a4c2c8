import { createReadStream } from 'node:fs';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { RequestLimits } from '../retry.ts';

// An import would ask for all that `node:http` has, and so load its WebSocket, in every process and thread that may open a lake.
const { Agent: HttpAgent, request: overHttp } = process.getBuiltinModule('node:http');
const { Agent: HttpsAgent, request: overHttps } = process.getBuiltinModule('node:https');

/** Connections of one process to each NameNode and DataNode. */
export const MAX_CONNECTIONS = 64;

const PLAIN = new HttpAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
const ENCRYPTED = new HttpsAgent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

/** What is to become a file: bytes at hand, or a local file with its size. */
export type Content = Uint8Array | { readonly localPath: string; readonly sizeBytes: number };

export interface WebRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly content?: Content;
  /** Whether it is a small one, all of which must be over within `attemptMs`. */
  readonly small: boolean;
}

/**
 * Sends one HTTP request and returns its answer, whatever that is, with the body still to be read. Redirections are not
 * followed. Rejects with the network's error, ETIMEDOUT where nothing came for too long.
 */
export async function send(
  { method, url, content = new Uint8Array(), small }: WebRequest,
  limits: RequestLimits,
): Promise<IncomingMessage> {
  const encrypted = url.startsWith('https:');
  const sizeBytes = content instanceof Uint8Array ? content.byteLength : content.sizeBytes;
  const options: RequestOptions = {
    method,
    agent: encrypted ? ENCRYPTED : PLAIN,
    headers: method === 'PUT' ? { 'content-length': sizeBytes, 'content-type': 'application/octet-stream' } : {},
    ...(small ? { signal: AbortSignal.timeout(limits.attemptMs) } : {}),
  };
  const outgoing = (encrypted ? overHttps : overHttp)(url, options);
  outgoing.setTimeout(limits.idleMs, () => outgoing.destroy(timedOut(`no byte for ${limits.idleMs} ms`)));
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    const late = setTimeout(
      () => outgoing.destroy(timedOut(`no connection within ${limits.connectMs} ms`)),
      limits.connectMs,
    );
    socket.once('connect', () => clearTimeout(late));
    socket.once('close', () => clearTimeout(late));
  });
  return new Promise((resolve, reject) => {
    outgoing.once('response', resolve);
    // Also later ones, of a connection that breaks while the body is read: the body fails by itself.
    outgoing.on('error', reject);
    if (content instanceof Uint8Array) outgoing.end(content);
    else pipeline(createReadStream(content.localPath), outgoing).catch(reject);
  });
}

function timedOut(how: string): Error {
  return Object.assign(new Error(how), { code: 'ETIMEDOUT' });
}

/** All of a body. Rejects where the connection breaks before its end. */
export async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
