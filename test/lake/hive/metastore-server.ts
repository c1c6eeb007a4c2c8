import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Component } from '../../../infra/component.ts';
import { hiveMetastore } from '../../../infra/hive-metastore.ts';
import { readSettings } from '../../../settings/settings.ts';

/** Characters of the metastore's log that a failed start shows. */
const LOG_SHOWN = 3_000;
const LOOK_EVERY_MS = 100;

/** A real Hive metastore with a folder and port of its own, which a test may kill, leave dead and start again. */
export class MetastoreServer {
  readonly endpoint: { readonly host: string; readonly port: number };
  readonly #component: Component;
  readonly #home: string;
  #process: ChildProcess | undefined;

  constructor(home: string, port: number) {
    this.endpoint = { host: '127.0.0.1', port };
    this.#home = home;
    const environment = {
      SLUICE_HOME: home,
      SLUICE_CACHE: readSettings().cacheFolder,
      SLUICE_PORT_METASTORE: String(port),
    };
    this.#component = hiveMetastore(readSettings(environment));
  }

  async start(): Promise<void> {
    await mkdir(join(this.#home, 'logs'), { recursive: true });
    await this.#component.prepare?.(() => undefined);
    const { file, args, folder } = this.#component.command();
    const logPath = join(this.#home, 'logs', 'metastore.log');
    const log = await open(logPath, 'a');
    const started = spawn(file, args, { stdio: ['ignore', log.fd, log.fd], ...(folder && { cwd: folder }) });
    this.#process = started;
    await log.close();
    const deadline = Date.now() + this.#component.startLimitMs;
    while (!(await this.#component.isReady(''))) {
      if (started.exitCode !== null || Date.now() > deadline) {
        const text = await readFile(logPath, 'utf8');
        throw new Error(`the metastore does not answer: ${text.slice(-LOG_SHOWN)}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** As a crash would: no clean-up of its own. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
