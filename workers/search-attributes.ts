import type { Client } from '@temporalio/client';
import { STATE_ATTRIBUTE, TABLE_ATTRIBUTE } from '../workflows/search-attributes.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

/** Makes the namespace know Sluice's search attributes; where it knows them already, this changes nothing. */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const operator = client.connection.operatorService;
  const { namespace } = client.options;
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  const missing = [TABLE_ATTRIBUTE.name, STATE_ATTRIBUTE.name].filter((name) => !(name in customAttributes));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await operator.addSearchAttributes({ namespace, searchAttributes });
}
