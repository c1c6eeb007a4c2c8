import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { checkOutput } from './output.ts';
import { runScript } from './script.ts';

/**
 * What the work costs without any promise: every record batch fetched and put down, and the same records, which lie in a
 * file as JSON lines, read and written as Parquet by DuckDB, one file for each event hour.
 */
export const FLOOR: Contender = {
  name: 'floor',
  async run({ settings, definition, topic, records }, folder) {
    const lines = join(settings.home, `${topic}.ndjson`);
    const { brokers } = settings.kafka;
    const ran = await runScript('floor-script.ts', { brokers, topic, records, definition, lines, folder });
    return { contender: 'floor', ...ran, ...(await checkOutput(folder, records)) };
  },
};
