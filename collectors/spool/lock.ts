import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { SluiceError } from '../../errors/sluice-error.ts';

/**
 * Makes this the only collector that uses a spool folder. A socket in Linux's abstract name space (unix(7)) is the
 * lock: the kernel lets go of it when the process ends, however it ends, so that there is never a stale one.
 *
 * @returns lets go of the lock.
 * @throws SluiceError USAGE where another collector holds it.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex');
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  server.once('error', reject);
  server.listen(`\0sluice-collector-${name}`, () => resolve(undefined));
  try {
    await promise;
  } catch (cause) {
    throw new SluiceError('USAGE', `Another collector is running with the spool folder ${folder}.`, {
      remedy: 'Stop it, or give this one another home with SLUICE_HOME.',
      details: { folder },
      cause,
    });
  }
  server.unref();
  return () => server.close();
}
