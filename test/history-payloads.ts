import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { EncryptionCodec } from '../temporal/payload-codec.ts';

/** What Temporal stores of all workflows. */
export interface StoredPayloads {
  /** As it is stored: every text and byte of the histories. */
  readonly raw: string;
  /** The same, after the client's own codec. */
  readonly clear: string;
  /** All of them, as they are stored. */
  readonly payloads: readonly Payload[];
  /** Encodings of payloads that are not encrypted. */
  readonly unencrypted: readonly string[];
}

/** Where Temporal keeps payloads that it must read itself; never encrypted. */
const IN_CLEAR = new Set(['indexedFields']);

/** Walks the histories of all workflows, as the server has them. */
export async function payloadsOf(client: Client): Promise<StoredPayloads> {
  const [codec] = client.options.loadedDataConverter.payloadCodecs;
  if (!(codec instanceof EncryptionCodec)) throw new Error('this client has no codec');
  const payloads: Payload[] = [];
  const texts: string[] = [];
  const walk = (value: unknown, name: string): void => {
    if (IN_CLEAR.has(name)) return;
    if (typeof value === 'string') texts.push(value);
    else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
    else if (typeof value === 'object' && value !== null) {
      if ('metadata' in value && 'data' in value) payloads.push(value as Payload);
      for (const [key, part] of Object.entries(value)) walk(part, key);
    }
  };
  for await (const { workflowId, runId } of client.workflow.list()) {
    walk(await client.workflow.getHandle(workflowId, runId).fetchHistory(), '');
  }
  const encodings = payloads.map(({ metadata }) => Buffer.from(metadata?.['encoding'] ?? []).toString());
  const clear = await codec.decode(payloads);
  return {
    raw: texts.join('\n'),
    payloads,
    clear: clear.map(({ data }) => Buffer.from(data ?? []).toString('latin1')).join('\n'),
    unencrypted: encodings.filter((encoding) => encoding !== 'binary/encrypted'),
  };
}
