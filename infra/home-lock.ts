import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/**
 * The right to start and stop what runs in a home: one process has it at a time, and loses it by ending in any way.
 * It is a socket in Linux's abstract namespace (unix(7)), named after the home, to which nobody speaks.
 */
export class HomeLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Undefined where another process still has it after `waitMs`. */
  static async take(home: string, waitMs: number): Promise<HomeLock | undefined> {
    const path = existsSync(home) ? realpathSync(home) : home;
    const name = `\0sluice/${createHash('sha256').update(path).digest('hex')}`;
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
        return new HomeLock(server);
      }
      if (performance.now() >= untilMs) return undefined;
      await sleep(LOOK_EVERY_MS);
    }
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}
