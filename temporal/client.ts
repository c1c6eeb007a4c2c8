import { Client, type ClientOptions, Connection } from '@temporalio/client';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';
import { dataConverterOf } from './data-converter.ts';

/** A client whose connection stands. @throws SluiceError TEMPORAL_UNREACHABLE */
export async function connectTemporal({ temporal }: Pick<Settings, 'temporal'>): Promise<Client> {
  try {
    const connection = await Connection.connect(connectionOptions(temporal));
    return new Client({ connection, ...clientOptions(temporal) });
  } catch (cause) {
    throw unreachable(temporal, cause);
  }
}

/** A client that connects when it is first used: for who must start without Temporal. */
export function lazyTemporal({ temporal }: Pick<Settings, 'temporal'>): Client {
  return new Client({ connection: Connection.lazy(connectionOptions(temporal)), ...clientOptions(temporal) });
}

/** What every client of Sluice's is made with. */
export function clientOptions(temporal: Settings['temporal']): Pick<ClientOptions, 'namespace' | 'dataConverter'> {
  return { namespace: temporal.namespace, dataConverter: dataConverterOf(temporal) };
}

export function unreachable({ address }: Settings['temporal'], cause: unknown): SluiceError {
  return new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${address}.`, {
    remedy: 'Start the stack with `sluice up`, or set TEMPORAL_ADDRESS to a server of yours.',
    cause,
  });
}

interface ServerAccess {
  readonly address: string;
  readonly tls: boolean;
  readonly apiKey?: string;
}

/** How to reach the server, for a client's connection and a worker's alike. */
export function connectionOptions({ address, tls, apiKey }: Settings['temporal']): ServerAccess {
  return { address, tls, ...(apiKey === undefined ? {} : { apiKey }) };
}
