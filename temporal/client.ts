import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';

/** A client whose connection stands. @throws SluiceError TEMPORAL_UNREACHABLE */
export async function connectTemporal({ temporal }: Pick<Settings, 'temporal'>): Promise<Client> {
  try {
    const connection = await Connection.connect(connectionOptions(temporal));
    return new Client({ connection, namespace: temporal.namespace });
  } catch (cause) {
    throw unreachable(temporal, cause);
  }
}

/** A client that connects when it is first used: for who must start without Temporal. */
export function lazyTemporal({ temporal }: Pick<Settings, 'temporal'>): Client {
  return new Client({ connection: Connection.lazy(connectionOptions(temporal)), namespace: temporal.namespace });
}

export function unreachable({ address }: Settings['temporal'], cause: unknown): SluiceError {
  return new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${address}.`, {
    remedy: 'Start the stack with `sluice up`, or set TEMPORAL_ADDRESS to a server of yours.',
    cause,
  });
}

function connectionOptions({ address, tls, apiKey }: Settings['temporal']): ConnectionOptions {
  return { address, tls, ...(apiKey === undefined ? {} : { apiKey }) };
}
