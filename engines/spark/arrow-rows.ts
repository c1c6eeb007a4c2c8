import { type StructRowProxy, tableFromIPC } from 'apache-arrow';

/** Rows of an operation's result: 64-bit integers are bigint, bytes Uint8Array. */
export function* arrowRows(batches: readonly Buffer[]): Generator<Readonly<Record<string, unknown>>> {
  for (const batch of batches) {
    for (const row of tableFromIPC(batch)) yield (row as StructRowProxy).toJSON();
  }
}
