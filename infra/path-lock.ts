import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/**
 * The right to a path, such as to start and stop what runs in a home: one process has it at a time, and loses it by ending
 * in any way. It is a socket in Linux's abstract namespace (unix(7)), named after the path, to which nobody speaks.
 */
export class PathLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Undefined where another process still has it after `waitMs`. */
  static async take(path: string, waitMs: number, signal?: AbortSignal): Promise<PathLock | undefined> {
    const real = existsSync(path) ? realpathSync(path) : path;
    const name = `\0sluice/${createHash('sha256').update(real).digest('hex')}`;
    const untilMs = performance.now() + waitMs;
    for (;;) {
      const server = createServer((socket) => socket.destroy());
      server.listen(name);
      const taken = await once(server, 'listening').then(
        () => true,
        () => false,
      );
      if (taken) {
        server.unref();
        return new PathLock(server);
      }
      if (performance.now() >= untilMs) return undefined;
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
