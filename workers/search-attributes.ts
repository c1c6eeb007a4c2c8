import type { Client } from '@temporalio/client';
import { STATE_ATTRIBUTE, TABLE_ATTRIBUTE } from '../workflows/search-attributes.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/** Makes the namespace know Sluice's search attributes; where it knows them already, this changes nothing. */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const missing = await unknownAttributes(client);
  if (missing.length === 0) return;
  const { namespace } = client.options;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  try {
    await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another worker that starts at the same time may have come first.
    if ((await unknownAttributes(client)).length > 0) throw error;
  }
}

async function unknownAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return [TABLE_ATTRIBUTE.name, STATE_ATTRIBUTE.name].filter((name) => !(name in customAttributes));
}
