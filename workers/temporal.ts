import { Client } from '@temporalio/client';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';
import { clientOptions, connectionOptions } from '../temporal/client.ts';
import { registerSearchAttributes } from './search-attributes.ts';
import { NativeConnection } from './temporal-library.ts';

/** A worker's two ways to Temporal, by one connection: to take work by, and to start it by. */
export interface TemporalAccess {
  readonly connection: NativeConnection;
  readonly client: Client;
}

/** @throws SluiceError TEMPORAL_UNREACHABLE */
export async function connectWorker({ temporal }: Settings): Promise<TemporalAccess> {
  const access = connectionOptions(temporal);
  try {
    const connection = await NativeConnection.connect(access);
    const client = new Client({ connection, ...clientOptions(temporal) });
    await registerSearchAttributes(client);
    return { connection, client };
  } catch (cause) {
    throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${temporal.address}.`, {
      remedy: 'Check that it runs, and TEMPORAL_ADDRESS, TEMPORAL_TLS and TEMPORAL_API_KEY.',
      cause,
    });
  }
}
