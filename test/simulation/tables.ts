import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The most tables that a simulated world has. */
const TABLES = ['t1', 't2'];

/** Parts of a batch where more waits than one may hold. */
export const SHARDS = 3;

/** Shorter than many a zombie's sleep, longer than a step. */
export const GRACE_MS = 600_000;

/** Writes the definitions of the simulated tables: small batches, so that there are many. */
export function writeDefinitions(folder: string, { shards }: { readonly shards: number }): void {
  for (const table of TABLES) {
    const lines = [
      `table: ${table}`,
      'database: lab',
      `source: { topic: ${table} }`,
      'columns:',
      '  - { name: host, type: string, required: true }',
      '  - { name: event_time, type: timestamp, required: true }',
      'event_time: { column: event_time }',
      `limits: { max_rows: 6, shards: ${shards} }`,
      'freshness: { target: 4s }',
      'compaction: { min_files: 2 }',
      // The one that is there in every world archives its records.
      `archive: ${String(table === 't1')}`,
      `vacuum: { grace: ${GRACE_MS}ms, log_retention: ${GRACE_MS}ms }`,
    ];
    writeFileSync(join(folder, `${table}.yaml`), `${lines.join('\n')}\n`);
  }
}
