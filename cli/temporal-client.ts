import { Client, Connection } from '@temporalio/client';
import { SluiceError } from '../errors/sluice-error.ts';
import type { Settings } from '../settings/settings.ts';

/** @throws SluiceError TEMPORAL_UNREACHABLE */
export async function connectTemporal({ temporal }: Settings): Promise<Client> {
  try {
    const connection = await Connection.connect({
      address: temporal.address,
      tls: temporal.tls,
      ...(temporal.apiKey === undefined ? {} : { apiKey: temporal.apiKey }),
    });
    return new Client({ connection, namespace: temporal.namespace });
  } catch (cause) {
    throw new SluiceError('TEMPORAL_UNREACHABLE', `Temporal does not answer at ${temporal.address}.`, {
      remedy: 'Start the stack with `sluice up`, or set TEMPORAL_ADDRESS to a server of yours.',
      cause,
    });
  }
}
