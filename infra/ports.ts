import { createServer } from 'node:net';
import { SluiceError } from '../errors/sluice-error.ts';
import type { PortSettings } from '../settings/settings.ts';

export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Ports below those that the kernel hands out to clients, so that none is lost between the look and the use. */
const FIRST_FREE_PORT = 20_000;
const LAST_FREE_PORT = 30_000;
const PORTS_PER_STACK = 25;

/** Free ports for a whole stack, for tests that run beside another one. */
export async function freePorts(): Promise<PortSettings> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const blocks = Math.floor((LAST_FREE_PORT - FIRST_FREE_PORT) / PORTS_PER_STACK);
    const first = FIRST_FREE_PORT + Math.floor(Math.random() * blocks) * PORTS_PER_STACK;
    const all = Array.from({ length: PORTS_PER_STACK }, (_, index) => isFree(first + index));
    if (!(await Promise.all(all)).every(Boolean)) continue;
    return {
      temporal: first,
      temporalUi: first + 1,
      kafka: first + 2,
      kafkaController: first + 5,
      metastore: first + 8,
      dashboard: first + 9,
      metrics: first + 10,
      spark: first + 16,
      hdfs: first + 20,
    };
  }
  throw new SluiceError('PORT_BUSY', `No ${PORTS_PER_STACK} ports in a row are free.`);
}
