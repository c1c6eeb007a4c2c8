import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { TemporalSettings } from '../settings/settings.ts';
import { EncryptionCodec } from './payload-codec.ts';

/** The file that the workflows' bundle needs where payloads are encrypted. */
export const FAILURE_CONVERTER = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

/** The same for every worker and client. Without keys it encrypts nothing, and says so of what it cannot read. */
export function dataConverterOf({ payloadKeys }: TemporalSettings): DataConverter {
  const payloadCodecs = [new EncryptionCodec(payloadKeys)];
  return payloadKeys.length === 0 ? { payloadCodecs } : { payloadCodecs, failureConverterPath: FAILURE_CONVERTER };
}
