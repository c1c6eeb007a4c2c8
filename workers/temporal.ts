import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';
import { registerSearchAttributes } from './search-attributes.ts';

/** A worker's two ways to Temporal: to take work by, and to start it by. */
export interface TemporalAccess {
  readonly connection: NativeConnection;
  readonly client: Client;
}

/** @throws SluiceError TEMPORAL_UNREACHABLE */
export async function connectWorker({ temporal }: Settings): Promise<TemporalAccess> {
  const address = { address: temporal.address, tls: temporal.tls };
  const access = temporal.apiKey === undefined ? address : { ...address, apiKey: temporal.apiKey };
  try {
    const connection = await NativeConnection.connect(access);
    const client = new Client({ connection: await Connection.connect(access), namespace: temporal.namespace });
    await registerSearchAttributes(client);
    return { connection, client };
  } catch (cause) {
    throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${temporal.address}.`, {
      remedy: 'Check that it runs, and TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY.',
      cause,
    });
  }
}
